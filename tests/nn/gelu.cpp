// SPDX-License-Identifier: MIT
#include <ashlar/nn/gelu.hpp>

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"
#include "support/stated_gradient.hpp"

using namespace ashlar;

namespace {

using exact = std::remove_const_t<decltype(gelu)>;
using approximate = decltype(gelu.with(tanh_approximation));

}  // namespace

TEST_CASE("gelu is x times the normal distribution, by the error function or the tanh that approximates it") {
  proof::numbers const points = {-3, -0.5, 0, 1, 4};
  auto const y = proof::slopes_at<exact, 5>(points)[0], z = proof::slopes_at<approximate, 5>(points)[0];
  for (std::size_t i = 0; i < 5; ++i) {
    double const x = static_cast<double>(points[i]);
    CHECK(static_cast<double>(y[i]) == doctest::Approx(x / 2 * (1 + std::erf(x / std::sqrt(2.0)))));
    double const u = std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
    CHECK(static_cast<double>(z[i]) == doctest::Approx(x / 2 * (1 + std::tanh(u))));
  }
}

TEST_CASE("gelu has the gradients that the oracle measures, as a layer of a chain, too") {
  proof::check_layer<3>(gelu | gelu.with(tanh_approximation), input<17>);
}

TEST_CASE("gelu and its two gradients are finite at 0 and large numbers") {
  for (auto const& at :
       {proof::slopes_at<exact, 3>({0, 100, -100}), proof::slopes_at<approximate, 3>({0, 100, -100})}) {
    CHECK(at[0] == proof::numbers{0, 100, 0});
    CHECK(at[1] == proof::numbers{0.5, 1, 0});
    CHECK(static_cast<double>(at[2][0]) == doctest::Approx(std::sqrt(2 / std::acos(-1.0))));
    CHECK(at[2][1] == 0);
    CHECK(at[2][2] == 0);
  }
}
