// SPDX-License-Identifier: MIT
#include <ashlar/nn/named.hpp>

#include <doctest/doctest.h>

#include <ashlar/nn/activation.hpp>
#include <ashlar/nn/linear.hpp>

#include "support/parameter_names.hpp"

using namespace ashlar;

namespace {
constexpr auto shared = named<"body">(linear<3>) | tanh | named<"body">(linear<3>) | named<"head">(linear<2>);
constexpr auto twins = [](auto x) {
  auto left = named<"left">(linear<2>)(x);
  return left * named<"right">(linear<2>)(x);
};
}  // namespace

TEST_CASE("a name stands in the path instead of the index; others keep counting") {
  CHECK(proof::parameter_names(linear<3> | named<"head">(linear<2>) | linear<4>, input<3>) ==
        "0.weight 0.bias head.weight head.bias 2.weight 2.bias");
  CHECK(proof::parameter_names(named<"net">(linear<3> | tanh | linear<2>), input<3>) ==
        "net.0.weight net.0.bias net.2.weight net.2.bias");
}

TEST_CASE("one name twice is one layer, and its gradient the sum over both uses") {
  CHECK(proof::parameter_names(shared, input<3>) == "body.weight body.bias head.weight head.bias");
  proof::check_layer<3>(shared, input<3>);
}

TEST_CASE("two names are two layers") {
  CHECK(proof::parameter_names(twins, input<3>) == "left.weight left.bias right.weight right.bias");
  proof::check_layer<3>(twins, input<3>);
}
