// SPDX-License-Identifier: MIT
#include <ashlar/nn/chain.hpp>

#include <doctest/doctest.h>

#include <ashlar/nn/activation.hpp>
#include <ashlar/nn/branches.hpp>
#include <ashlar/nn/conv2d.hpp>
#include <ashlar/nn/linear.hpp>
#include <ashlar/nn/named.hpp>
#include <ashlar/nn/pooling.hpp>

#include "support/parameter_names.hpp"

using namespace ashlar;

namespace {

constexpr auto swish = [](auto x) { return x * sigmoid(x); };
constexpr auto block = [](auto x) { return x + (linear<3> | tanh | linear<3>)(x); };
constexpr auto two_calls = [](auto x) { return linear<3>(tanh(linear<3>(x))); };

}  // namespace

TEST_CASE("elements of a chain are numbered from 0 throughout, however it was put together") {
  auto const left = (linear<3> | relu) | linear<3>;
  auto const right = linear<3> | (relu | linear<3>);
  static_assert(std::is_same_v<decltype(left), decltype(right)>);
  CHECK(proof::parameter_names(left, input<3>) == "0.weight 0.bias 2.weight 2.bias");
}

TEST_CASE("layers without parameters and functions count as PyTorch's Sequential counts them") {
  auto const net = conv2d<2, 2> | relu | max_pool2d<2> | swish | flatten | linear<3>;
  CHECK(proof::parameter_names(net, input<1, 5, 5>) == "0.weight 0.bias 5.weight 5.bias");
}

TEST_CASE("a chain begins with two functions where the second stands with a layer, or identity before them") {
  CHECK(proof::parameter_names(swish | (block | linear<3>), input<3>) ==
        "1.0.weight 1.0.bias 1.2.weight 1.2.bias 2.weight 2.bias");
  CHECK(proof::parameter_names(identity | swish | block, input<3>) == "2.0.weight 2.0.bias 2.2.weight 2.2.bias");
}

TEST_CASE("a function's own layers are numbered from 0 below its path, one for each call") {
  CHECK(proof::parameter_names(linear<3> | block, input<3>) ==
        "0.weight 0.bias 1.0.weight 1.0.bias 1.2.weight 1.2.bias");
  CHECK(proof::parameter_names(two_calls, input<3>) == "0.weight 0.bias 1.weight 1.bias");
}

TEST_CASE("a layer that stands twice in a chain has two sets of parameters, and both learn") {
  proof::check_layer<3>(linear<3> | tanh | linear<3> | tanh, input<3>);
  proof::check_layer<3>(linear<3> | block | swish, input<3>);
}
