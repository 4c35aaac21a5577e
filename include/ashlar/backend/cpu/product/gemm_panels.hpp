// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/backend/cpu/product/gemm_blocks.hpp>
#include <ashlar/backend/cpu/simd/part_access.hpp>
#include <ashlar/backend/cpu/simd/unroll.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Register tiles by instruction set: rows of C and vectors of columns that stay in registers.
template <instruction_set Set, class T>
struct gemm_tile {
  using S = simd<T, Set>;
  static constexpr int rows = Set == instruction_set::avx512 ? 8 : Set == instruction_set::avx2 ? 6 : 4;
  static constexpr int vectors = 2;
  static constexpr int columns = vectors * S::width;
};
inline constexpr int gemm_most_depth = 512;
inline constexpr int gemm_panel_elements = 8192;        // of a panel of B, which stays in the first cache
inline constexpr int gemm_long_panel_elements = 16384;  // of one beside which nothing else passes through it

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

/// What is compiled for each instruction set: what makes a panel of a matrix that lies across, or whose rows lie apart.
template <instruction_set Set, class T>
struct gemm_panels {
  using tile_size = gemm_tile<Set, T>;
  using S = simd<T, Set>;
  using vector = typename S::vector;

  /// low and high are what F(i) picks for element i: numbers from `width` on are those of b.
  template <class Low, class High, int... I>
  ASHLAR_INLINE static void shuffle(vector const& a, vector const& b, vector& low, vector& high, Low, High,
                                    std::integer_sequence<int, I...>) {
#if defined(__clang__)
    low = __builtin_shufflevector(a, b, Low::of(I)...);
    high = __builtin_shufflevector(a, b, High::of(I)...);
#else
    low = __builtin_shuffle(a, b, typename S::mask{Low::of(I)...});
    high = __builtin_shuffle(a, b, typename S::mask{High::of(I)...});
#endif
  }
  static constexpr int lane = 16 / static_cast<int>(sizeof(T));  // elements of a lane of 128 bits
  /// In each lane, the first or last halves of a's and b's element by element.
  template <int Half>
  struct zipped {
    static constexpr int of(int i) { return i / lane * lane + Half * (lane / 2) + i % lane / 2 + i % 2 * S::width; }
  };
  /// The even or the odd lanes of a, then those of b.
  template <int Odd>
  struct every_second {
    static constexpr int of(int i) { return (2 * (i / lane) + Odd) * lane + i % lane; }
  };
  /// Rows become columns: first inside lanes, whose shuffles are the fastest, then lane by lane.
  ASHLAR_INLINE static void transpose(vector* v) {
    constexpr int width = S::width;
    constexpr std::make_integer_sequence<int, width> elements;
    ASHLAR_UNROLL_UP_TO(32)
    for (int round = 1; round < lane; round *= 2) {
      vector next[width];
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < width; i += 2) {
        int const first = i / lane * lane + i % lane / 2;
        shuffle(v[first], v[first + lane / 2], next[i], next[i + 1], zipped<0>{}, zipped<1>{}, elements);
      }
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < width; ++i) v[i] = next[i];
    }
    constexpr int lanes = width / lane;
    ASHLAR_UNROLL_UP_TO(32)
    for (int round = 1; round < lanes; round *= 2) {
      vector next[width];
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < width / 2; ++i) {
        int const first = i / lane * 2 * lane + i % lane;
        shuffle(v[first], v[first + lane], next[i], next[i + width / 2], every_second<0>{}, every_second<1>{},
                elements);
      }
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < width; ++i) v[i] = next[i];
    }
  }
  /// The first `count` elements, if any, then zeros; v is zero.
  ASHLAR_INLINE static void load_some(vector& v, T const* from, int count) {
    if (count >= S::width)
      S::load(v, from);
    else if (count > 0)
      load_part<T, Set>(v, from, count);
  }
  /// panel[k][j] = from[k * distance + j]; zeros behind the last column.
  ASHLAR_INLINE static void pack_rows(T* panel, T const* from, std::int64_t distance, std::int64_t depth, int columns) {
    for (std::int64_t k = 0; k < depth; ++k)
      for (int j = 0; j < tile_size::columns; j += S::width) {
        vector v{};
        load_some(v, from + k * distance + j, columns - j);
        S::store(v, panel + k * tile_size::columns + j);
      }
  }
  /// panel[k][j] = from[k + j * distance]; zeros behind the last column.
  ASHLAR_INLINE static void pack(T* panel, T const* from, std::int64_t distance, std::int64_t depth, int columns) {
    constexpr int width = S::width;
    for (int j = 0; j < tile_size::columns; j += width)
      for (std::int64_t k = 0; k < depth; k += width) {
        int const rows = columns - j < width ? columns - j : width;
        int const count = depth - k < width ? static_cast<int>(depth - k) : width;
        T const* block = from + j * distance + k;
        std::int64_t apart = distance;
        alignas(64) T part[width * width];
        if (rows < width || count < width) {
          ASHLAR_KEEP_LOOP
          for (int i = 0; i < width; ++i) {
            vector row{};
            if (i < rows) load_some(row, block + i * distance, count);
            S::store(row, part + i * width);
          }
          block = part;
          apart = width;
        }
        vector v[width];
        ASHLAR_UNROLL_UP_TO(32)
        for (int i = 0; i < width; ++i) S::load(v[i], block + i * apart);
        transpose(v);
        ASHLAR_UNROLL_UP_TO(32)
        for (int i = 0; i < width; ++i)
          if (i < count) S::store(v[i], panel + (k + i) * tile_size::columns + j);
      }
  }
};
#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail
