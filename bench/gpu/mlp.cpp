// SPDX-License-Identifier: MIT
#include "../networks/mlp.hpp"
#include "training.hpp"

int main(int argc, char** argv) {
  return bench::train(argc, argv, networks::mlp<512, 512, 10>, ashlar::input<784>, 10,
                      ashlar::adam{.learning_rate = 1e-3f});
}
