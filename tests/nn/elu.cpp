// SPDX-License-Identifier: MIT
#include <ashlar/nn/elu.hpp>

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"
#include "support/stated_gradient.hpp"

using namespace ashlar;

namespace {

using doubles = basic_value<double, 3, 17>;
template <class Layer>
using type_of = std::remove_const_t<Layer>;
using plain = type_of<decltype(elu)>;
using half = type_of<decltype(elu.with(alpha<0.5>))>;

}  // namespace

TEST_CASE("elu keeps positive numbers; the others become alpha (e^x - 1), alpha 1 unless given") {
  auto const y = proof::apply_layer<1>(elu | elu.with(alpha<2>), input<3>, {-1, 0, 3}, {}).outputs[0];
  CHECK(static_cast<double>(y[0]) == doctest::Approx(2 * std::expm1(std::expm1(-1.0))));
  CHECK(y[1] == 0);
  CHECK(y[2] == 3);
}

TEST_CASE("elu's stated gradient, and its gradient, are the slopes and equal the derived ones") {
  proof::check_layer<3>(elu.with(alpha<0.5>), input<17>);
  CHECK(proof::difference_of<plain, proof::forgotten<plain>, doubles>() == "");
  CHECK(proof::difference_of<half, proof::forgotten<half>, doubles>() == "");
}

TEST_CASE("elu and its two gradients are finite at 0, large and infinite numbers") {
  double const infinity = std::numeric_limits<double>::infinity();
  auto const at = proof::slopes_at<plain, 5>({0, 100, -100, infinity, -infinity});
  CHECK(at[0] == proof::numbers{0, 100, std::expm1(-100.0), infinity, -1});
  CHECK(at[1] == proof::numbers{1, 1, std::expm1(-100.0) + 1, 1, 0});
  CHECK(at[2] == proof::numbers{1, 0, std::expm1(-100.0) + 1, 0, 0});
}
