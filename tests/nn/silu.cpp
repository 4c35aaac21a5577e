// SPDX-License-Identifier: MIT
#include <ashlar/nn/silu.hpp>

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"
#include "support/stated_gradient.hpp"

using namespace ashlar;

namespace {
using silu_type = std::remove_const_t<decltype(silu)>;
}

TEST_CASE("silu is x sigmoid(x), and has the gradients that the oracle measures") {
  auto const y = proof::apply_layer<1>(silu | silu, input<1>, {1.5}, {}).outputs[0];
  auto const swish = [](double x) { return x / (1 + std::exp(-x)); };
  CHECK(static_cast<double>(y[0]) == doctest::Approx(swish(swish(1.5))));
  proof::check_layer<3>(silu, input<17>);
}

TEST_CASE("silu and its two gradients are finite at 0 and large numbers") {
  auto const at = proof::slopes_at<silu_type, 3>({0, 1000, -1000});
  CHECK(at[0] == proof::numbers{0, 1000, 0});
  CHECK(at[1] == proof::numbers{0.5, 1, 0});
  CHECK(at[2] == proof::numbers{0.5, 0, 0});
}
