// SPDX-License-Identifier: MIT
#include <ashlar/nn/binary_cross_entropy_with_logits.hpp>

#include <cmath>
#include <limits>

#include "support/loss_proof.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;
constexpr auto loss = binary_cross_entropy_with_logits;
using plain = std::remove_const_t<decltype(loss)>;
using weighted = decltype(loss.with(positive_weight<3>));
struct of_target {
  constexpr auto operator()(auto x, auto t) const { return loss.with(no_reduction)(x, t); }
};
template <int Target>
struct to_target {
  constexpr auto operator()(auto x) const { return of_target{}(x, zeros_like(x) + 0.5 * Target); }
};

}  // namespace

TEST_CASE("binary_cross_entropy_with_logits is the mean of -t log(p) - (1 - t) log(1 - p)") {
  double const p = 1 / (1 + std::exp(-1.5)), q = 1 / (1 + std::exp(2.0));
  double const first = -0.25 * std::log(p) - 0.75 * std::log(1 - p), second = -std::log(q);
  std::vector<proof::numbers> const x = {{1.5, -2}, {0.25, 1}};
  auto value = [&](auto f) { return static_cast<double>(proof::value_at<decltype(f), doubles<2>, doubles<2>>(x)[0]); };
  CHECK(value(plain{}) == doctest::Approx((first + second) / 2));
  CHECK(value(loss.with(sum_reduction)) == doctest::Approx(first + second));
  CHECK(value(loss.with(no_reduction)) == doctest::Approx(first));
  double const heavier = -3 * 0.25 * std::log(p) - 0.75 * std::log(1 - p);
  CHECK(value(weighted{}) == doctest::Approx((heavier + 3 * second) / 2));
}

TEST_CASE(
    "binary_cross_entropy_with_logits's stated gradients, and theirs, are the slopes and equal the derived ones") {
  proof::check_recorded<plain, doubles<5, 3>, doubles<5, 3>>();
  proof::check_recorded<weighted, doubles<5, 3>, doubles<5, 3>>();
  CHECK(proof::difference_of<of_target, proof::forgotten<of_target>, doubles<5, 3>, doubles<5, 3>>() == "");
  proof::check_partial_loss(loss);
  proof::check_partial_loss(loss.with(positive_weight<2>, sum_reduction));
}

TEST_CASE("binary_cross_entropy_with_logits loses no digits to large logits, and its slope is right at 0") {
  auto const sure = proof::slopes_at<to_target<2>, 4>({0, 40, -1000, 1000}),
             half = proof::slopes_at<to_target<1>, 1>({0});
  CHECK(sure[0] == proof::numbers{std::log(2.0), std::log1p(std::exp(-40.0)), 1000, 0});
  CHECK(sure[1][0] == -0.5);
  CHECK(sure[1][2] == -1);
  CHECK(sure[1][3] == 0);
  CHECK(sure[2] == proof::numbers{0.25, sure[2][1], 0, 0});
  CHECK(half[1] == proof::numbers{0});
}
