// SPDX-License-Identifier: MIT
#include "../networks/lstm.hpp"
#include "training.hpp"

#ifndef BENCH_STEPS
#define BENCH_STEPS 32
#endif
#ifndef BENCH_WIDTH
#define BENCH_WIDTH 128
#endif

int main(int argc, char** argv) {
  return bench::train(argc, argv, networks::lstm<BENCH_STEPS, BENCH_WIDTH, BENCH_WIDTH, 10>::network,
                      ashlar::input<BENCH_STEPS, BENCH_WIDTH>, 10, ashlar::adam{.learning_rate = 1e-3f});
}
