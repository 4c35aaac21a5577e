// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/backend/cpu/simd/simd.hpp>
#include <ashlar/backend/cpu/simd/unroll.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

/// Takes windows of nine elements that lie one behind the other apart: as many as a vector has lanes, in registers.
/// source: Catanzaro, Keller, Garland, "A Decomposition for In-place Matrix Transposition", PPoPP 2014
template <instruction_set Set>
struct winograd_windows {
  using S = simd<float, Set>;
  using vector = typename S::vector;
  static constexpr int width = S::width;
  using lanes = std::make_integer_sequence<int, width>;
  using elements = std::make_integer_sequence<int, 9>;

  /// to[j]: element j of each window.
  ASHLAR_INLINE static void take_apart(float const* from, vector* to) { take_apart(from, to, elements{}); }

 private:
  /// Lane l of the k-th vector has element (k * width + l) % 9, and all lanes of one element differ, as 9 and the width
  /// have no common factor. So vectors are numbered by their first lane's element, lanes go l vectors on, in steps of
  /// powers of two, and at last to the places of their windows.
  template <int... J>
  ASHLAR_INLINE static void take_apart(float const* from, vector* to, std::integer_sequence<int, J...>) {
    vector v[9], w[9];
    (S::load(v[J * width % 9], from + J * width), ...);
    (go_on<1>(v[J], v[(J + 8) % 9], w[J], lanes{}), ...);
    (go_on<2>(w[J], w[(J + 7) % 9], v[J], lanes{}), ...);
    (go_on<4>(v[J], v[(J + 5) % 9], w[J], lanes{}), ...);
    (go_on<8>(w[J], w[(J + 1) % 9], v[J], lanes{}), ...);
    (to_windows<J>(v[J], to[J], lanes{}), ...);
  }
  /// v, or what comes from `Steps` vectors before, in those lanes that go so far.
  template <int Steps, int... I>
  ASHLAR_INLINE static void go_on(vector const& v, vector const& before, vector& r, std::integer_sequence<int, I...>) {
#if defined(__clang__)
    r = __builtin_shufflevector(v, before, (I % 9 / Steps % 2 * width + I)...);
#else
    r = __builtin_shuffle(v, before, typename S::mask{(I % 9 / Steps % 2 * width + I)...});
#endif
  }
  template <int J, int... I>
  ASHLAR_INLINE static void to_windows(vector const& v, vector& r, std::integer_sequence<int, I...>) {
#if defined(__clang__)
    r = __builtin_shufflevector(v, v, ((9 * I + J) % width)...);
#else
    r = __builtin_shuffle(v, typename S::mask{((9 * I + J) % width)...});
#endif
  }
};

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail
