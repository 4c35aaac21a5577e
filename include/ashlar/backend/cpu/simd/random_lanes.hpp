// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/random.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Uniform numbers of elements begin, begin + distance, ... of a stream.
template <class T>
[[gnu::noinline]] void random_part(T* to, random_stream const& stream, std::int64_t begin, std::int64_t distance,
                                   int count) {
  for (int i = 0; i < count;) {
    std::uint64_t const element = static_cast<std::uint64_t>(begin + i * distance);
    philox_block const block = stream.block(element / 4);
    if (distance == 1) {
      for (unsigned word = element % 4; word < 4 && i < count; ++word, ++i)
        to[i] = static_cast<T>(random_stream::to_uniform(block.word[word]));
    } else {
      to[i++] = static_cast<T>(random_stream::to_uniform(block.word[element % 4]));
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
