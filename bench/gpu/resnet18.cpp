// SPDX-License-Identifier: MIT
#include "../networks/resnet18.hpp"
#include "training.hpp"

int main(int argc, char** argv) {
  return bench::train(argc, argv, networks::resnet18::network, ashlar::input<3, 32, 32>, 10,
                      ashlar::sgd{.learning_rate = 0.01f, .momentum = 0.9f});
}
