// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

TEST_CASE("numbers below the smallest of full precision are zeros while updates run, and only then") {
  float volatile const tiny = 1e-40f, small = 2e-38f;
  float volatile half = 0.5f;
  auto products = [&] { return tiny * 2 == 0 && small * half == 0; };
  CHECK(!products());
  {
    detail::subnormals_as_zero const mode(true);
    CHECK(products());
    {
      detail::subnormals_as_zero const none(false);
      CHECK(products());
    }
    CHECK(products());
  }
  CHECK(!products());
}

TEST_CASE("an update leaves no number below the smallest of full precision behind, on any number of threads") {
  thread_pool pool(threads{2});
  pool.set_break_even(0);
  for (bool on_pool : {false, true}) {
    CAPTURE(on_pool);
    auto net = on_pool ? model(linear<3, no_bias>, input<2>, cpu.with(pool), seed{1})
                       : model(linear<3, no_bias>, input<2>, cpu, seed{1});
    auto* const weights = reinterpret_cast<float*>(net.parameter_memory());
    for (int k = 0; k < 6; ++k) weights[k] = k % 2 ? 0.25f : 1e-40f;
    auto train = make_trainer(net, mse, sgd{.learning_rate = 0.1f, .momentum = 0.9f}, batch<4>);
    tensor<float, 4, 2> const x{};
    tensor<float, 4, 3> const y{};
    CHECK(train.step(x, y) == 0.0f);
    for (int k = 0; k < 6; ++k) CHECK(weights[k] == (k % 2 ? 0.25f : 0.0f));
  }
}

TEST_CASE("gradients are computed in full range, whatever the optimizer") {
  // of two classes the second has a probability of 5e-42, and p * log(p) a slope there
  auto const entropy = [](auto y, auto) {
    auto p = softmax(y);
    return mean(p * log(p));
  };
  auto after_two_steps = [&](auto const& optimizer) {
    auto net = model(linear<2, no_bias>, input<1>, cpu, seed{1});
    net.parameter("0.weight") = tensor<float, 2, 1>{0, -95};
    auto train = make_trainer(net, entropy, optimizer, batch<1>);
    tensor<float, 1, 1> const x{1};
    for (int k = 0; k < 2; ++k) train.step(x, tensor<std::int32_t, 1>{});
    return tensor<float, 2, 1>(net.parameter("0.weight"));
  };
  for (auto const& weights : {after_two_steps(adam{}), after_two_steps(adamw{.weight_decay = 0}),
                              after_two_steps(sgd{.learning_rate = 0.1f})}) {
    CHECK(weights[0] == doctest::Approx(0).epsilon(1e-4));
    CHECK(weights[1] == doctest::Approx(-95).epsilon(1e-4));
  }
}
