// SPDX-License-Identifier: MIT
#include "../networks/gpt2.hpp"
#include "training.hpp"

#ifndef BENCH_BLOCKS
#define BENCH_BLOCKS 12
#endif
#ifndef BENCH_WIDTH
#define BENCH_WIDTH 768
#endif
#ifndef BENCH_HEADS
#define BENCH_HEADS 12
#endif
#ifndef BENCH_CONTEXT
#define BENCH_CONTEXT 1024
#endif
#ifndef BENCH_TOKENS
#define BENCH_TOKENS 50257
#endif

int main(int argc, char** argv) {
  return bench::train_on_text(
      argc, argv, networks::gpt2<BENCH_BLOCKS, BENCH_WIDTH, BENCH_HEADS, BENCH_CONTEXT, BENCH_TOKENS>::network,
      ashlar::input_of<std::int32_t, BENCH_CONTEXT>, BENCH_TOKENS, ashlar::adamw{.learning_rate = 3e-4f});
}
