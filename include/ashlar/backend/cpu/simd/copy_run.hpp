// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <cstring>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Copies short runs of any length without a call.
template <class T>
ASHLAR_INLINE void copy_run(T* to, T const* from, std::int64_t count) {
  constexpr std::int64_t once = 64 / sizeof(T);
  if (count >= once) {
    for (std::int64_t i = 0; i + once < count; i += once) std::memcpy(to + i, from + i, 64);
    std::memcpy(to + count - once, from + count - once, 64);
  } else if (count >= once / 2) {
    std::memcpy(to, from, 32);
    std::memcpy(to + count - once / 2, from + count - once / 2, 32);
  } else if (count >= once / 4) {
    std::memcpy(to, from, 16);
    std::memcpy(to + count - once / 4, from + count - once / 4, 16);
  } else {
    for (std::int64_t i = 0; i < count; ++i) to[i] = from[i];
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
