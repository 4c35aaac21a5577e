// SPDX-License-Identifier: MIT
#include <ashlar/nn/softplus.hpp>

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"
#include "support/stated_gradient.hpp"

using namespace ashlar;

namespace {

using doubles = basic_value<double, 3, 17>;
using plain = std::remove_const_t<decltype(softplus)>;
using sharp = decltype(softplus.with(beta<2>));

}  // namespace

TEST_CASE("softplus is log(1 + e^(beta x)) / beta, beta 1 unless given") {
  auto const y = proof::slopes_at<plain, 2>({-1, 2})[0], z = proof::slopes_at<sharp, 2>({-1, 2})[0];
  CHECK(static_cast<double>(y[0]) == doctest::Approx(std::log(1 + std::exp(-1.0))));
  CHECK(static_cast<double>(y[1]) == doctest::Approx(std::log(1 + std::exp(2.0))));
  CHECK(static_cast<double>(z[0]) == doctest::Approx(std::log(1 + std::exp(-2.0)) / 2));
  CHECK(static_cast<double>(z[1]) == doctest::Approx(std::log(1 + std::exp(4.0)) / 2));
}

TEST_CASE("softplus's stated gradient, and its gradient, are the slopes and equal the derived ones") {
  proof::check_layer<3>(softplus | softplus.with(beta<0.5>), input<17>);
  CHECK(proof::difference_of<plain, proof::forgotten<plain>, doubles>() == "");
  CHECK(proof::difference_of<sharp, proof::forgotten<sharp>, doubles>() == "");
}

TEST_CASE("softplus and its two gradients are right at 0, where the derived ones are not, and at infinite numbers") {
  double const infinity = std::numeric_limits<double>::infinity();
  auto const at = proof::slopes_at<plain, 5>({0, 1000, -1000, infinity, -infinity});
  CHECK(at[0] == proof::numbers{std::log(2.0), 1000, 0, infinity, 0});
  CHECK(at[1] == proof::numbers{0.5, 1, 0, 1, 0});
  CHECK(at[2] == proof::numbers{0.25, 0, 0, 0, 0});
  CHECK(proof::slopes_at<proof::forgotten<plain>, 1>({0})[1] == proof::numbers{0});
}
