// SPDX-License-Identifier: MIT
#include <ashlar/nn/nll.hpp>

#include <cmath>
#include <limits>

#include "support/loss_proof.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;
template <int... D>
using labels = basic_value<std::int32_t, D...>;
using plain = std::remove_const_t<decltype(nll)>;
constexpr auto weighted = nll.with(class_weights<1, 2, 0.5>, ignore_index<0>);
using weighted_type = std::remove_const_t<decltype(weighted)>;

}  // namespace

TEST_CASE("nll is the mean of minus the numbers at the labels, weighted by the labels' classes") {
  std::vector<proof::numbers> const x = {{-1, -2, -3, -4, -5, -6, -7, -8, -9}, {2, 0, 1}};
  CHECK(proof::value_at<plain, doubles<3, 3>, labels<3>>(x) == proof::numbers{5});  // (3 + 4 + 8) / 3
  CHECK(proof::value_at<weighted_type, doubles<3, 3>, labels<3>>(x) == proof::numbers{(0.5 * 3 + 2 * 8) / 2.5});
  CHECK(proof::value_at<decltype(nll.with(sum_reduction)), doubles<3, 3>, labels<3>>(x) == proof::numbers{15});
  CHECK(proof::value_at<decltype(weighted.with(no_reduction)), doubles<3, 3>, labels<3>>(x) ==
        proof::numbers{1.5, 0, 16});
}

TEST_CASE("nll after log_softmax is cross_entropy") {
  auto const both = [](auto x, auto label) { return nll(log_softmax(x), label) - cross_entropy(x, label); };
  std::vector<proof::numbers> const x = {{1, 2, 3, 3, 1, 0}, {0, 1}};
  CHECK(proof::value_at<decltype(both), doubles<2, 3>, labels<2>>(x) == proof::numbers{0});
}

TEST_CASE("nll has the gradients that the oracle measures, and counts the valid rows of a partial batch") {
  proof::proof_options const options{.draws = {.classes = 3}, .derivative = proof::second::zero};
  proof::check_recorded<plain, doubles<5, 3>, labels<5>>(options);
  proof::check_recorded<weighted_type, doubles<2, 4, 3>, labels<2, 4>>(options);
  proof::check_partial_loss(nll);
  proof::check_partial_loss(weighted);
}
