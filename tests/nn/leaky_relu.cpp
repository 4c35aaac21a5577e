// SPDX-License-Identifier: MIT
#include <ashlar/nn/leaky_relu.hpp>

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"
#include "support/stated_gradient.hpp"

using namespace ashlar;

namespace {
using leaky = std::remove_const_t<decltype(leaky_relu)>;
}

TEST_CASE("leaky_relu keeps positive numbers and scales the others by its slope, which is 0.01 unless given") {
  proof::numbers const x = {-100, -1, 0, 2};
  CHECK(proof::apply_layer<1>(leaky_relu, input<4>, x, {}).outputs[0] == proof::numbers{-1, -0.01, 0, 2});
  CHECK(proof::apply_layer<1>(leaky_relu.with(negative_slope<0.25>), input<4>, x, {}).outputs[0] ==
        proof::numbers{-25, -0.25, 0, 2});
}

TEST_CASE("leaky_relu has the gradients that the oracle measures; at 0 it is the slope, NaN stays NaN") {
  proof::check_layer<3>(leaky_relu.with(negative_slope<0.2>), input<17>, {.derivative = proof::second::zero});
  double const infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
  auto const at = proof::slopes_at<leaky, 4>({0, infinity, -infinity, nan});
  CHECK(std::vector(at[0].begin(), at[0].end() - 1) == proof::numbers{0, infinity, -infinity});
  CHECK(std::isnan(at[0][3]));
  CHECK(at[1] == proof::numbers{0.01, 1, 0.01, 0.01});
}
