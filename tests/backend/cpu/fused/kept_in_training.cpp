// SPDX-License-Identifier: MIT
#include <vector>

#include <ashlar/ashlar.hpp>

#include <doctest/doctest.h>

using namespace ashlar;

TEST_CASE("a training step with attention that drops out has the same bits, fused or not, on any number of threads") {
  constexpr auto attention = [](auto x) { return matmul(dropout<0.25>(softmax(matmul(x, permute<0, 2, 1>(x)))), x); };
  constexpr auto network = attention | flatten | linear<3>;
  auto parameters_after = [&](auto const& policy) {
    auto net = model(network, input<7, 19>, policy, seed{3});
    auto trainer = make_trainer(net, cross_entropy, adam{.learning_rate = 0.01f}, batch<5>);
    random_stream const stream(seed{7}, 1);
    for (int step = 0; step < 3; ++step) {
      tensor<float, 4, 7, 19> x;
      tensor<std::int32_t, 4> label;
      for (int i = 0; i < 4 * 7 * 19; ++i) x[i] = stream.uniform(static_cast<std::uint64_t>(i + 600 * step)) - 0.5f;
      for (int i = 0; i < 4; ++i) label[i] = (i + step) % 3;
      trainer.step(x, label);
    }
    float const* const w = reinterpret_cast<float const*>(net.parameter_memory());
    return std::vector<float>(w, w + net.parameters());
  };
  auto const wanted = parameters_after(cpu.with(no_fusion));
  CHECK(parameters_after(cpu) == wanted);
  CHECK(parameters_after(cpu.with(threads{2})) == wanted);
  CHECK(parameters_after(cpu.with(threads{3})) == wanted);
}
