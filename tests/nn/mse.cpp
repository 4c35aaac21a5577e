// SPDX-License-Identifier: MIT
#include <ashlar/nn/mse.hpp>

#include <cmath>
#include <limits>

#include "support/loss_proof.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;
using squares = detail::mse_loss;

}  // namespace

TEST_CASE("mse is the mean of squared differences, or their sum, or each of them") {
  std::vector<proof::numbers> const x = {{1, 2, 3, 4}, {1, 0, 0, 0}};
  CHECK(proof::value_at<squares, doubles<2, 2>, doubles<2, 2>>(x) == proof::numbers{29.0 / 4});
  CHECK(proof::value_at<decltype(mse.with(sum_reduction)), doubles<2, 2>, doubles<2, 2>>(x) == proof::numbers{29});
  CHECK(proof::value_at<decltype(mse.with(no_reduction)), doubles<2, 2>, doubles<2, 2>>(x) ==
        proof::numbers{0, 4, 9, 16});
}

TEST_CASE("mse has the right two gradients, and counts the valid rows of a partial batch") {
  proof::check_function<squares, doubles<5, 33>, doubles<5, 33>>();
  proof::check_recorded<squares, doubles<1>, doubles<1>>();
  proof::check_recorded<decltype(mse.with(no_reduction)), doubles<2, 3>, doubles<2, 3>>();
  proof::check_partial_loss(mse);
  proof::check_partial_loss(mse.with(sum_reduction));
}
