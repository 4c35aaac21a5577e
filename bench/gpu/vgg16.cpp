// SPDX-License-Identifier: MIT
#include "../networks/vgg16.hpp"
#include "training.hpp"

#ifndef BENCH_SIDE
#define BENCH_SIDE 224
#endif

int main(int argc, char** argv) {
  return bench::train(argc, argv, networks::vgg16_without_dropout, ashlar::input<3, BENCH_SIDE, BENCH_SIDE>, 1000,
                      ashlar::sgd{.learning_rate = 1e-3f, .momentum = 0.9f});
}
