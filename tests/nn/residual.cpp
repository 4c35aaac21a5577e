// SPDX-License-Identifier: MIT
#include <ashlar/nn/residual.hpp>

#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/parameter_names.hpp"

using namespace ashlar;

namespace {
constexpr auto doubled = [](auto x) { return x * 2; };
}

TEST_CASE("residual adds a layer's result to what it was given, or to what a shortcut makes of it") {
  CHECK(proof::apply_layer<1>(residual(relu), input<2>, {-3, 2}, {}).outputs[0] == proof::numbers{-3, 4});
  CHECK(proof::apply_layer<1>(residual(relu, doubled), input<2>, {-3, 2}, {}).outputs[0] == proof::numbers{-6, 6});
  CHECK(proof::apply_layer<1>(relu | residual(relu | doubled), input<1>, {5}, {}).outputs[0] == proof::numbers{15});
}

TEST_CASE("a residual's parameters lie below its path, its shortcut's below that name or their own") {
  auto const plain = linear<3> | residual(linear<3> | relu | linear<3>);
  CHECK(proof::parameter_names(plain, input<3>) == "0.weight 0.bias 1.0.weight 1.0.bias 1.2.weight 1.2.bias");
  auto const projected = relu | residual(relu | linear<5>, linear<5, no_bias>);
  CHECK(proof::parameter_names(projected, input<3>) == "1.1.weight 1.1.bias 1.shortcut.weight");
  auto const named_path = residual(named<"conv1">(linear<5>), named<"downsample">(linear<5, no_bias> | relu));
  CHECK(proof::parameter_names(relu | named_path, input<3>) == "1.conv1.weight 1.conv1.bias 1.downsample.0.weight");
}

TEST_CASE("residuals have the gradients that the oracle measures, nested and in loops, too") {
  proof::check_layer<3>(residual(linear<3> | tanh) | residual(linear<5> | tanh, linear<5>), input<3>);
  proof::check_layer<3>(repeat<2>(residual(linear<3> | residual(tanh | linear<3>))), input<3>);
}
