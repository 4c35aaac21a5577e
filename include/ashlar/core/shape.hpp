// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// The largest number of axes of a tensor or value.
inline constexpr int max_rank = 6;

/// The extents of a tensor known at run time (or in constexpr code): `rank` of them, outermost first.
struct shape {
  int rank = 0;            ///< How many axes there are.
  int extent[max_rank]{};  ///< The length of each.

  /// The length of an axis.
  ASHLAR_HD constexpr int operator[](int axis) const { return extent[axis]; }

  /// Number of elements; 1 for a scalar.
  ASHLAR_HD constexpr std::int64_t size() const {
    std::int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= extent[i];
    return n;
  }

  /// Whether rank and all extents are equal.
  constexpr bool operator==(shape const& other) const {
    if (rank != other.rank) return false;
    for (int i = 0; i < rank; ++i)
      if (extent[i] != other.extent[i]) return false;
    return true;
  }
};

/// The shape with the extents D...
template <int... D>
ASHLAR_HD constexpr shape make_shape() {
  static_assert(sizeof...(D) <= max_rank, "a tensor has at most 6 axes");
  shape s;
  ((s.extent[s.rank++] = D), ...);
  return s;
}

/// Streams as [10, 64].
template <class Stream>
requires requires(Stream& out) { out << "" << 1; }
Stream& operator<<(Stream& out, shape const& s) {
  out << "[";
  for (int i = 0; i < s.rank; ++i) out << (i ? ", " : "") << s.extent[i];
  out << "]";
  return out;
}

}  // namespace ashlar::inline ASHLAR_ABI
