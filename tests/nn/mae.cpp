// SPDX-License-Identifier: MIT
#include <ashlar/nn/mae.hpp>

#include <cmath>
#include <limits>

#include "support/loss_proof.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;
using distances = std::remove_const_t<decltype(mae)>;

}  // namespace

TEST_CASE("mae is the mean of absolute differences, or their sum, or each of them") {
  std::vector<proof::numbers> const x = {{1, 2, 3, -4}, {1, 0, 4, 0}};
  CHECK(proof::value_at<distances, doubles<2, 2>, doubles<2, 2>>(x) == proof::numbers{7.0 / 4});
  CHECK(proof::value_at<decltype(mae.with(sum_reduction)), doubles<2, 2>, doubles<2, 2>>(x) == proof::numbers{7});
  CHECK(proof::value_at<decltype(mae.with(no_reduction)), doubles<2, 2>, doubles<2, 2>>(x) ==
        proof::numbers{0, 2, 1, 4});
}

TEST_CASE("mae has the gradients that the oracle measures, and counts the valid rows of a partial batch") {
  proof::check_recorded<distances, doubles<5, 3>, doubles<5, 3>>({.derivative = proof::second::zero});
  proof::check_partial_loss(mae);
}
