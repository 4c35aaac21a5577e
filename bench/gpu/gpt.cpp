// SPDX-License-Identifier: MIT
#include "../networks/gpt.hpp"
#include "training.hpp"

#ifndef BENCH_CONTEXT
#define BENCH_CONTEXT 128
#endif

int main(int argc, char** argv) {
  return bench::train_on_text(argc, argv, networks::gpt<4, 128, 4, BENCH_CONTEXT, 256, false>::network,
                              ashlar::input_of<std::int32_t, BENCH_CONTEXT>, 256,
                              ashlar::adamw{.learning_rate = 3e-4f});
}
