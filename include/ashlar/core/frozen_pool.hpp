// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Counts all that is pushed, keeps what fits.
template <class T, int Capacity>
struct frozen_pool {
  T items[Capacity + 1]{};
  int count = 0;

  constexpr void push(T const& value) {
    if (count < Capacity) items[count] = value;
    ++count;
  }
  constexpr void append(T const* from, int more) {
    if (count + more <= Capacity)
      for (int i = 0; i < more; ++i) items[count + i] = from[i];
    count += more;
  }
  constexpr bool fits() const { return count <= Capacity; }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
