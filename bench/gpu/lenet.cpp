// SPDX-License-Identifier: MIT
#include "../networks/lenet.hpp"
#include "training.hpp"

int main(int argc, char** argv) {
  return bench::train(argc, argv, networks::lenet, ashlar::input<1, 28, 28>, 10, ashlar::sgd{.learning_rate = 0.01f});
}
