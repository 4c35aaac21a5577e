// SPDX-License-Identifier: MIT
#include <ashlar/nn/linear.hpp>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"

using namespace ashlar;

TEST_CASE("linear is x W^T + b") {
  auto const y = proof::apply_layer<2>(linear<2>, input<3>, {1, 2, 3, 4, 5, 6}, {{1, 0, -1, 2, 2, 2}, {10, 20}});
  CHECK(y.outputs[0] == proof::numbers{8, 32, 8, 50});
}

TEST_CASE("linear treats a sequence as a batch of its steps") {
  auto const y = proof::apply_layer<1>(linear<1>, input<2, 3>, {1, 2, 3, 4, 5, 6}, {{1, 0, -1}, {10}});
  CHECK(y.outputs[0] == proof::numbers{8, 8});
}

TEST_CASE("linear's value and gradients agree with the oracle, whatever the size and the rows") {
  proof::check_layer<5>(linear<33>, input<17>);
  proof::check_layer<3>(linear<1>, input<1>);
  proof::check_layer<3>(linear<4>, input<3, 5>);
  proof::check_compiled_layer<5>(linear<33>, input<17>);
  proof::check_compiled_layer<5>(linear<128>, input<7>);  // its weights lie in panels where the policy has them
}
