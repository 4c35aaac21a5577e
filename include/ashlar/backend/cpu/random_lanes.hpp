// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/kernel.hpp>
#include <ashlar/core/random.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Uniform numbers of elements begin, begin + distance, ... of a stream.
template <bool Contiguous, class V>
ASHLAR_INLINE void random_lanes(V& v, random_stream const& stream, std::int64_t begin, std::int64_t distance,
                                int count) {
  using T = std::remove_cvref_t<decltype(v[0])>;
  T part[lane_count]{};
  if constexpr (Contiguous) {
    for (int i = 0; i < count;) {
      std::uint64_t element = static_cast<std::uint64_t>(begin + i);
      philox_block const block = stream.block(element / 4);
      for (unsigned word = element % 4; word < 4 && i < count; ++word, ++i)
        part[i] = static_cast<T>(random_stream::to_uniform(block.word[word]));
    }
  } else {
    for (int i = 0; i < count; ++i) {
      std::uint64_t element = static_cast<std::uint64_t>(begin + i * distance);
      part[i] = static_cast<T>(random_stream::to_uniform(stream.block(element / 4).word[element % 4]));
    }
  }
  std::memcpy(&v, part, sizeof v);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
