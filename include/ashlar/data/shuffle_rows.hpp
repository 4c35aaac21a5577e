// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <vector>

#include <ashlar/core/random.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Makes `order` a random order of its places: compiled once for all who need one.
[[gnu::noinline]] inline void shuffle_rows(std::vector<std::uint32_t>& order, random_stream const& stream) {
  permutation(order, stream);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
