// SPDX-License-Identifier: MIT
#include <ashlar/nn/conv2d.hpp>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"

using namespace ashlar;

TEST_CASE("conv2d is a cross-correlation plus a bias") {
  proof::numbers const image = {1, 2, 3, 4, 5, 6, 7, 8, 9}, corner = {1, 0, 0, 2};
  auto const y = proof::apply_layer<1>(conv2d<1, 2>, input<1, 3, 3>, image, {corner, {100}});
  CHECK(y.outputs[0] == proof::numbers{111, 114, 120, 123});
}

TEST_CASE("conv2d sums over channels, steps by its stride and pads with zeros") {
  proof::numbers const images = {1, 2, 3, 4, 10, 20, 30, 40};  // two channels of 2 x 2
  auto const y =
      proof::apply_layer<1>(conv2d<2, 1, stride<2>, padding<1>>, input<2, 2, 2>, images, {{1, 1, 2, 0}, {0, 5}});
  CHECK(y.outputs[0] == proof::numbers{0, 0, 0, 44, 5, 5, 5, 13});
}

TEST_CASE("conv2d's value and gradients agree with the oracle for every kernel, stride, padding and number of rows") {
  proof::check_layer<3>(conv2d<3, 3>, input<2, 5, 6>);
  proof::check_layer<3>(conv2d<2, 3, stride<2>, padding<1>>, input<3, 7, 5>);
  proof::check_layer<3>(conv2d<2, 2, stride<1, 2>, padding<0, 1>>, input<1, 3, 17>);
  proof::check_layer<3>(conv2d<4, 1>, input<3, 3, 3>);
  proof::check_layer<2>(conv2d<1, 3, padding<2>>, input<1, 1, 1>);
}

TEST_CASE("conv2d spreads its window by dilation, and leaves its bias away where told") {
  proof::numbers const image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  auto const y = proof::apply_layer<1>(conv2d<1, 2, dilation<2>, no_bias>, input<1, 3, 3>, image, {{1, 10, 100, 1000}});
  CHECK(y.outputs[0] == proof::numbers{1 + 30 + 700 + 9000});
}

TEST_CASE("groups are convolutions side by side, each of its share of the channels") {
  proof::numbers const image = {1, 2, 3, 4};  // four channels of one number
  auto const y = proof::apply_layer<1>(conv2d<2, 1, groups<2>>, input<4, 1, 1>, image, {{1, 10, 100, 1000}, {0, 0}});
  CHECK(y.outputs[0] == proof::numbers{21, 4300});
}

TEST_CASE("conv1d is a cross-correlation along lines") {
  proof::numbers const line = {1, 2, 3, 4};
  CHECK(proof::apply_layer<1>(conv1d<1, 2>, input<1, 4>, line, {{1, 10}, {100}}).outputs[0] ==
        proof::numbers{121, 132, 143});
  CHECK(proof::apply_layer<1>(conv1d<1, 2, stride<2>, padding<1>, no_bias>, input<1, 4>, line, {{1, 10}}).outputs[0] ==
        proof::numbers{10, 32, 4});
}

TEST_CASE("convolutions with dilation and groups, and along lines, agree with the oracle for every number of rows") {
  proof::check_layer<3>(conv2d<4, 3, groups<2>, stride<2>, padding<1>>, input<2, 5, 6>);
  proof::check_layer<3>(conv2d<2, 2, dilation<2, 3>, no_bias>, input<3, 4, 5>);
  proof::check_layer<2>(conv2d<6, 2, groups<3>, dilation<2>, padding<2>>, input<3, 3, 3>);
  proof::check_layer<3>(conv1d<3, 3, padding<2>>, input<2, 17>);
  proof::check_layer<3>(conv1d<4, 2, stride<3>, groups<2>>, input<2, 8>);
  proof::check_layer<3>(conv1d<2, 3, dilation<2>, no_bias>, input<3, 7>);
}

TEST_CASE("conv2d's compiled kernels agree with the oracle, also where padding is wider than the image") {
  proof::check_compiled_layer<3>(conv2d<3, 3, stride<2>, padding<1>>, input<2, 7, 17>);
}
