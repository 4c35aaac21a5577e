// SPDX-License-Identifier: MIT
#include <ashlar/nn/conv_transpose2d.hpp>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"

using namespace ashlar;

TEST_CASE("conv_transpose2d puts a copy of its window at each place, plus a bias") {
  auto const y = proof::apply_layer<1>(conv_transpose2d<1, 2>, input<1, 1, 2>, {1, 10}, {{1, 2, 3, 4}, {100}});
  CHECK(y.outputs[0] == proof::numbers{101, 112, 120, 103, 134, 140});
}

TEST_CASE("conv_transpose1d steps by its stride, cuts its padding and adds to the end") {
  auto apply = [](auto const& layer) {
    return proof::apply_layer<1>(layer, input<1, 2>, {1, 10}, {{1, 2, 3}}).outputs[0];
  };
  CHECK(apply(conv_transpose1d<1, 3, stride<2>, no_bias>) == proof::numbers{1, 2, 13, 20, 30});
  CHECK(apply(conv_transpose1d<1, 3, stride<2>, padding<1>, no_bias>) == proof::numbers{2, 13, 20});
  CHECK(apply(conv_transpose1d<1, 3, stride<2>, padding<1>, output_padding<1>, no_bias>) ==
        proof::numbers{2, 13, 20, 30});
  CHECK(apply(conv_transpose1d<1, 3, dilation<2>, no_bias>) == proof::numbers{1, 10, 2, 20, 3, 30});
}

TEST_CASE("transposed convolutions agree with the oracle for every option and number of rows") {
  proof::check_layer<3>(conv_transpose2d<3, 3>, input<2, 3, 4>);
  proof::check_layer<3>(conv_transpose2d<2, 3, stride<2>, padding<1>, output_padding<1>>, input<3, 3, 2>);
  proof::check_layer<2>(conv_transpose2d<4, 2, groups<2>, dilation<2>, no_bias>, input<2, 3, 3>);
  proof::check_layer<3>(conv_transpose1d<2, 4, stride<3>, padding<1>>, input<3, 5>);
  proof::check_layer<3>(conv_transpose1d<4, 2, groups<2>>, input<2, 5>);
}

TEST_CASE("conv_transpose2d's compiled kernels agree with the oracle") {
  proof::check_compiled_layer<3>(conv_transpose2d<3, 3, stride<2>, padding<1>>, input<2, 3, 5>);
}
