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
