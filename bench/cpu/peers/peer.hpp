// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "../../dialog.hpp"

#ifndef BENCH_BATCH
#define BENCH_BATCH 1
#endif

/// What peers in C++ share. They are built with -O3 -march=native, and know their number of threads from argv[1].
namespace bench {

/// The numbers that layer `number` begins with, weight [outputs, inputs...] or bias [outputs].
inline std::vector<float> start_of(int number, char const* field, std::int64_t size, float scale) {
  std::uint32_t const stream = stream_of(std::to_string(number) + "." + field);
  std::vector<float> values(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = bench::number(static_cast<std::uint32_t>(i), stream) * scale;
  return values;
}
/// Numbers from 0 to below 1.
inline void fill_samples(float* to, std::int64_t size, std::uint32_t stream, std::int64_t first = 0) {
  for (std::int64_t i = 0; i < size; ++i) to[i] = number(static_cast<std::uint32_t>(first + i), stream) + 0.5f;
}

}  // namespace bench
