// SPDX-License-Identifier: MIT
#include "training.hpp"

inline constexpr auto mlp =
    ashlar::linear<512> | ashlar::relu | ashlar::linear<512> | ashlar::relu | ashlar::linear<10>;

int main(int argc, char** argv) {
  return bench::train(argc, argv, mlp, ashlar::input<784>, 10, ashlar::adam{.learning_rate = 1e-3f});
}
