// SPDX-License-Identifier: MIT
#include "training.hpp"

inline constexpr auto mlp64 = [] {
  using namespace ashlar;
  return linear<64> | relu | linear<64> | relu | linear<64> | relu | linear<64> | relu | linear<16>;
}();

int main(int argc, char** argv) {
  return bench::train(argc, argv, mlp64, ashlar::input<32>, 16, ashlar::adam{.learning_rate = 1e-3f});
}
