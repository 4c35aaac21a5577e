// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace bench {

/// The numbers that programs and their peers begin with: [-0.5, 0.5), exact in float32.
inline float number(std::uint32_t i, std::uint32_t stream) {
  std::uint32_t h = i * 2654435761u + stream * 40503u;
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  return static_cast<float>(h >> 8) * 0x1p-24f - 0.5f;
}

inline constexpr int batch_count = 8;  // of samples, over and over

}  // namespace bench
