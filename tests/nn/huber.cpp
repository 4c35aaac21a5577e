// SPDX-License-Identifier: MIT
#include <ashlar/nn/huber.hpp>

#include <cmath>
#include <limits>

#include "support/loss_proof.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;
using plain = std::remove_const_t<decltype(huber)>;
using narrow = decltype(huber.with(delta<0.5>));
using slopes = decltype(huber.with(sum_reduction));
struct from_zero {
  constexpr auto operator()(auto x) const { return huber.with(no_reduction)(x, zeros_like(x)); }
};

}  // namespace

TEST_CASE("huber is half the square of small differences and a line beyond delta, which is 1 unless given") {
  std::vector<proof::numbers> const x = {{0.5, -1, 3, 0}, {0, 0, 0, 0}};
  CHECK(proof::value_at<decltype(huber.with(no_reduction)), doubles<4>, doubles<4>>(x) ==
        proof::numbers{0.125, 0.5, 2.5, 0});
  CHECK(proof::value_at<plain, doubles<4>, doubles<4>>(x) == proof::numbers{3.125 / 4});
  CHECK(proof::value_at<narrow, doubles<4>, doubles<4>>(x) == proof::numbers{(0.125 + 0.375 + 1.375) / 4});
}

TEST_CASE("huber's stated gradient, and its gradient, are the slopes and equal the derived ones") {
  proof::check_recorded<narrow, doubles<5, 3>, doubles<5, 3>>();
  CHECK(proof::difference_of<slopes, proof::forgotten<slopes>, doubles<5, 3>, doubles<5, 3>>() == "");
  proof::check_partial_loss(huber.with(delta<0.25>));
}

TEST_CASE("huber's gradients are finite at no difference, at delta, at large and infinite ones") {
  double const infinity = std::numeric_limits<double>::infinity();
  auto const at = proof::slopes_at<from_zero, 6>({0, 1, -1, 100, infinity, -infinity});
  CHECK(at[0] == proof::numbers{0, 0.5, 0.5, 99.5, infinity, infinity});
  CHECK(at[1] == proof::numbers{0, 1, -1, 1, 1, -1});
  CHECK(at[2] == proof::numbers{1, 1, 1, 0, 0, 0});
}
