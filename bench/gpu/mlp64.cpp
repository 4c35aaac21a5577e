// SPDX-License-Identifier: MIT
#include "../networks/mlp.hpp"
#include "training.hpp"

int main(int argc, char** argv) {
  return bench::train(argc, argv, networks::mlp<64, 64, 64, 64, 16>, ashlar::input<32>, 16,
                      ashlar::adam{.learning_rate = 1e-3f});
}
