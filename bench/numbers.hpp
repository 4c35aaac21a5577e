// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <cstdint>
#include <string>

/// The numbers that programs and their peers begin with; peers/numbers_of.py has the same.
namespace bench {

/// [-0.5, 0.5), exact in float32.
inline float number(std::uint32_t i, std::uint32_t stream) {
  std::uint32_t h = i * 2654435761u + stream * 40503u;
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  return static_cast<float>(h >> 8) * 0x1p-24f - 0.5f;
}

inline constexpr int batch_count = 8;             // of samples, over and over
inline constexpr std::uint32_t of_inputs = 1000;  // streams; those of parameters follow from their names
inline constexpr std::uint32_t of_targets = 1001;
inline constexpr std::uint32_t of_projections = 2000;

/// Where the numbers of a parameter begin: of its name, FNV-1a.
inline std::uint32_t stream_of(std::string const& name) {
  std::uint32_t h = 2166136261u;
  for (char c : name) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return h;
}

/// An index below `count`.
inline std::int32_t index_number(std::uint32_t i, std::uint32_t stream, int count) {
  return static_cast<std::int32_t>((number(i, stream) + 0.5f) * static_cast<float>(count));
}

/// Results as one number, to be compared: their sum with factors that differ from turn to turn.
inline double projection(float const* results, std::int64_t size, int turn) {
  double sum = 0;
  for (std::int64_t i = 0; i < size; ++i)
    sum +=
        static_cast<double>(results[i]) *
        static_cast<double>(number(static_cast<std::uint32_t>(i), of_projections + static_cast<std::uint32_t>(turn)));
  return sum;
}

/// How far the numbers of a weight reach, as He et al. begin (arXiv:1502.01852).
inline float weight_scale(std::int64_t fan_in) {
  return static_cast<float>(std::sqrt(24 / static_cast<double>(fan_in)));
}
inline constexpr float vector_scale = 0.1f;  // biases near 0, weights of normalisations near 1

}  // namespace bench
