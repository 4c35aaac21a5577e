// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdlib>

#include <ashlar/nn/activation.hpp>
#include <ashlar/nn/linear.hpp>

#include <doctest/doctest.h>

#include "support/parameter_names.hpp"

using namespace ashlar;

TEST_CASE("relu, tanh and sigmoid are layers and functions, beside the C library's names") {
  auto const y = proof::apply_layer<1>(relu | tanh | sigmoid, input<2>, {-3, 0.5}, {});
  CHECK(y.outputs[0][0] == 0.5);
  CHECK(y.outputs[0][1] == doctest::Approx(1 / (1 + std::exp(-std::tanh(0.5)))));
  static constexpr auto called = [](auto x) { return relu(x) + tanh(x) * sigmoid(x); };
  auto const z = proof::apply_layer<1>(called, input<1>, {0.5}, {});
  CHECK(z.outputs[0][0] == doctest::Approx(0.5 + std::tanh(0.5) / (1 + std::exp(-0.5))));
}

TEST_CASE("activations have the gradients that the oracle measures, whatever the rows") {
  proof::check_layer<5>(sigmoid | tanh, input<17>);
  proof::check_layer<3>(relu, input<33>, {.derivative = proof::second::zero});
}

TEST_CASE("activations take no index of the chain: parameters count layers as PyTorch's Sequential does") {
  CHECK(proof::parameter_names(linear<3> | relu | tanh | linear<2>, input<4>) == "0.weight 0.bias 3.weight 3.bias");
}
