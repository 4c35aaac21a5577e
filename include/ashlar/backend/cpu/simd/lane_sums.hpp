// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/backend/cpu/simd/simd.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Sums across the lanes of Count vectors at once, as a tree whose stages halve both the lanes of a sum and the
/// vectors: each sum is added up in the order of lane_sum. S is a simd type; Count is a power of two, at most its width
/// and at least `inside`.
template <class S, int Count>
struct lane_sums {
  using vector = typename S::vector;
  static constexpr int width = S::width;
  /// Lanes of 16 bytes: shuffles that stay inside are cheap.
  static constexpr int inside = 16 / static_cast<int>(sizeof(typename S::element));
  static_assert(Count >= inside && Count <= width);

  /// v[0] becomes the sums, in the order of the vectors; where they are fewer than lanes, again and again.
  ASHLAR_INLINE static void add(vector* v) {
    if constexpr (width > inside) add_across<width, Count / inside>(v);
    add_inside<inside>(v);
  }

 private:
  /// Where lane l of the first summands, or the second, is among the lanes of a and then of b: halves of `Lanes` lanes.
  template <int Lanes, bool Second>
  static constexpr int across(int l) {
    return l / (Lanes / 2) * Lanes + l % (Lanes / 2) + (Second ? Lanes / 2 : 0);
  }
  /// The same inside of 16 bytes, whose first half is of a and second half of b.
  template <int Lanes, bool Second>
  static constexpr int within(int l) {
    int const at = l % inside, half = inside / 2;
    return l - at + at % half / (Lanes / 2) * Lanes + at % (Lanes / 2) + (at < half ? 0 : width) +
           (Second ? Lanes / 2 : 0);
  }
  template <int... From>
  ASHLAR_INLINE static void shuffle(vector& r, vector const& a, vector const& b) {
#if defined(__clang__)
    r = __builtin_shufflevector(a, b, From...);
#else
    r = __builtin_shuffle(a, b, typename S::mask{From...});
#endif
  }
  template <int Lanes, int... L>
  ASHLAR_INLINE static void pair(vector& r, vector const& a, vector const& b, std::integer_sequence<int, L...>) {
    vector first, second;
    if constexpr (Lanes > inside) {
      shuffle<across<Lanes, false>(L)...>(first, a, b);
      shuffle<across<Lanes, true>(L)...>(second, a, b);
    } else {
      shuffle<within<Lanes, false>(L)...>(first, a, b);
      shuffle<within<Lanes, true>(L)...>(second, a, b);
    }
    r = first + second;
  }
  template <int Apart>
  static constexpr int first_of(int pair) {
    return pair % Apart + pair / Apart * 2 * Apart;
  }
  /// Vectors that stand so far apart, in pairs; alone: each with itself.
  template <int Lanes, int Apart, bool Alone, int... I>
  ASHLAR_INLINE static void pairs(vector* v, std::integer_sequence<int, I...>) {
    (pair<Lanes>(v[I], v[Alone ? I : first_of<Apart>(I)], v[Alone ? I : first_of<Apart>(I) + Apart],
                 std::make_integer_sequence<int, width>{}),
     ...);
  }
  /// Of Many vectors that have the same place inside of 16 bytes one is left.
  template <int Lanes, int Many>
  ASHLAR_INLINE static void add_across(vector* v) {
    constexpr int left = Many > 1 ? Many / 2 : 1;
    pairs<Lanes, inside, Many == 1>(v, std::make_integer_sequence<int, left * inside>{});
    if constexpr (Lanes / 2 > inside) add_across<Lanes / 2, left>(v);
  }
  template <int Lanes>
  ASHLAR_INLINE static void add_inside(vector* v) {
    pairs<Lanes, 1, false>(v, std::make_integer_sequence<int, Lanes / 2>{});
    if constexpr (Lanes > 2) add_inside<Lanes / 2>(v);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
