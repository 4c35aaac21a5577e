// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include <ashlar/ashlar.hpp>

#include "../dialog.hpp"
#include "../parameters.hpp"

#ifndef BENCH_HEADER  // cpu_suite.py has a row for each set of these; without them: mlp-sgd-b32
#define BENCH_HEADER "../networks/mlp.hpp"
#define BENCH_NETWORK networks::mlp<128, 10>
#define BENCH_BATCH 32
#define BENCH_INPUT samples<784>
#define BENCH_TARGET indices<10>
#define BENCH_LOSS ashlar::cross_entropy
#define BENCH_OPTIMIZER \
  ashlar::sgd { .learning_rate = 0.01f }
#endif
#include BENCH_HEADER

/// One network on the cpu policy, on argv[1] threads, perhaps with one more option.
namespace bench {

inline auto policy(int argc, char** argv) {
#ifdef BENCH_OPTION
  return ashlar::cpu.with(ashlar::threads{threads_of(argc, argv)}, BENCH_OPTION);
#else
  return ashlar::cpu.with(ashlar::threads{threads_of(argc, argv)});
#endif
}

/// What a network is given, or is to learn: numbers.
template <int... D>
struct samples {
  static constexpr auto const& input = ashlar::input<D...>;
  using batch = ashlar::tensor<float, BENCH_BATCH, D...>;

  static std::vector<batch> all(std::uint32_t stream) {
    std::vector<batch> batches(batch_count);
    number_samples(batches, stream);
    return batches;
  }
};
/// The same: indices below Count.
template <int Count, int... D>
struct indices {
  static constexpr auto const& input = ashlar::input_of<std::int32_t, D...>;
  using batch = ashlar::tensor<std::int32_t, BENCH_BATCH, D...>;

  static std::vector<batch> all(std::uint32_t stream) {
    std::vector<batch> batches(batch_count);
    number_indices(batches, stream, Count);
    return batches;
  }
};

/// 0, 1, ... and again: which batch is next.
struct turns {
  int next = 0;

  int take() {
    int const k = next;
    next = (next + 1) % batch_count;
    return k;
  }
};

}  // namespace bench
