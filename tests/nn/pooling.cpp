// SPDX-License-Identifier: MIT
#include <ashlar/nn/pooling.hpp>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"

using namespace ashlar;

namespace {
proof::proof_options const linear_in_pieces{.derivative = proof::second::zero};
}

TEST_CASE("max_pool2d takes the largest element of each window; what does not fill one is left out") {
  proof::numbers const image = {1, 5, 2, 0, 9,  //
                                3, 4, 8, 7, 9,  //
                                6, 6, 6, 6, 9};
  CHECK(proof::apply_layer<1>(max_pool2d<2>, input<1, 3, 5>, image, {}).outputs[0] == proof::numbers{5, 8});
  CHECK(proof::apply_layer<1>(max_pool2d<2, stride<1>>, input<1, 3, 5>, image, {}).outputs[0] ==
        proof::numbers{5, 8, 8, 9, 6, 8, 8, 9});
}

TEST_CASE("max_pool2d pads with nothing: negative images stay negative") {
  proof::numbers const image = {-1, -2, -3, -4};
  CHECK(proof::apply_layer<1>(max_pool2d<2, padding<1>>, input<1, 2, 2>, image, {}).outputs[0] ==
        proof::numbers{-1, -2, -3, -4});
}

TEST_CASE("avg_pool2d takes means; zeros of the padding count unless they are excluded") {
  proof::numbers const image = {1, 2, 3, 4};
  CHECK(proof::apply_layer<1>(avg_pool2d<2>, input<1, 2, 2>, image, {}).outputs[0] == proof::numbers{2.5});
  CHECK(proof::apply_layer<1>(avg_pool2d<2, padding<1>>, input<1, 2, 2>, image, {}).outputs[0] ==
        proof::numbers{0.25, 0.5, 0.75, 1});
  CHECK(proof::apply_layer<1>(avg_pool2d<2, padding<1>, exclude_padding>, input<1, 2, 2>, image, {}).outputs[0] ==
        proof::numbers{1, 2, 3, 4});
}

TEST_CASE("pooling along lines does what pooling of images does") {
  proof::numbers const line = {1, 5, 2, 0, 9};
  CHECK(proof::apply_layer<1>(max_pool1d<2>, input<1, 5>, line, {}).outputs[0] == proof::numbers{5, 2});
  CHECK(proof::apply_layer<1>(avg_pool1d<2, stride<1>>, input<1, 5>, line, {}).outputs[0] ==
        proof::numbers{3, 3.5, 1, 4.5});
  CHECK(proof::apply_layer<1>(max_pool1d<2, dilation<3>, stride<1>>, input<1, 5>, line, {}).outputs[0] ==
        proof::numbers{1, 9});
}

TEST_CASE("adaptive pooling divides the image as evenly as can be; windows overlap where they must") {
  proof::numbers const line = {1, 5, 2, 0, 10};
  CHECK(proof::apply_layer<1>(adaptive_avg_pool1d<2>, input<1, 5>, line, {}).outputs[0] == proof::numbers{8.0 / 3, 4});
  CHECK(proof::apply_layer<1>(adaptive_max_pool1d<3>, input<1, 5>, line, {}).outputs[0] == proof::numbers{5, 5, 10});
  CHECK(proof::apply_layer<1>(adaptive_avg_pool2d<1>, input<1, 1, 5>, line, {}).outputs[0] == proof::numbers{3.6});
  CHECK(proof::apply_layer<1>(adaptive_max_pool2d<1, 5>, input<1, 1, 5>, line, {}).outputs[0] == line);
}

TEST_CASE("global_avg_pool is the mean of each plane") {
  CHECK(proof::apply_layer<1>(global_avg_pool, input<2, 1, 2>, {1, 2, 10, 30}, {}).outputs[0] ==
        proof::numbers{1.5, 20});
}

TEST_CASE("flatten keeps the batch and the order of elements") {
  CHECK(proof::apply_layer<2>(flatten, input<1, 2>, {1, 2, 3, 4}, {}).outputs[0] == proof::numbers{1, 2, 3, 4});
  using flat = decltype(flatten(basic_value<float, 3, 4, 5, 6>{}));
  static_assert(std::is_same_v<flat, basic_value<float, 3, 120>>);
}

TEST_CASE("pooling's value and gradients agree with the oracle for every window, stride, padding and number of rows") {
  proof::check_layer<5>(max_pool2d<2>, input<2, 5, 6>, linear_in_pieces);
  proof::check_layer<3>(max_pool2d<3, stride<2>, padding<1>>, input<2, 5, 7>, linear_in_pieces);
  proof::check_layer<3>(max_pool2d<3, stride<1>>, input<1, 3, 17>, linear_in_pieces);
  proof::check_layer<3>(max_pool2d<1>, input<3, 1, 1>, linear_in_pieces);
  proof::check_layer<5>(global_avg_pool, input<3, 5, 7>, linear_in_pieces);
  proof::check_layer<5>(flatten, input<3, 1, 5>, linear_in_pieces);
}

TEST_CASE("averages, lines and adaptive windows agree with the oracle for every number of rows") {
  proof::check_layer<5>(avg_pool2d<2>, input<2, 5, 6>, linear_in_pieces);
  proof::check_layer<3>(avg_pool2d<3, stride<2>, padding<1>>, input<2, 5, 7>, linear_in_pieces);
  proof::check_layer<3>(avg_pool2d<3, stride<2>, padding<1>, exclude_padding>, input<2, 5, 7>, linear_in_pieces);
  proof::check_layer<3>(avg_pool1d<3, stride<1>, padding<1>>, input<2, 17>, linear_in_pieces);
  proof::check_layer<3>(max_pool1d<2, stride<1>, dilation<2>>, input<2, 7>, linear_in_pieces);
  proof::check_layer<3>(adaptive_avg_pool2d<3, 2>, input<2, 7, 5>, linear_in_pieces);
  proof::check_layer<3>(adaptive_max_pool2d<2, 3>, input<2, 5, 7>, linear_in_pieces);
  proof::check_layer<3>(adaptive_avg_pool1d<4> | adaptive_max_pool1d<3>, input<2, 9>, linear_in_pieces);
}

TEST_CASE("pooling's compiled kernels agree with the oracle") {
  proof::check_compiled_layer<3>(max_pool2d<3, stride<2>, padding<1>> | global_avg_pool, input<2, 5, 17>);
  proof::check_compiled_layer<3>(avg_pool2d<2, stride<1>, padding<1>> | adaptive_avg_pool2d<3, 2>, input<2, 4, 9>);
}
