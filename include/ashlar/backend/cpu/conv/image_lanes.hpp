// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/gemm.hpp>
#include <ashlar/backend/cpu/simd/unroll.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Sums over a depth, of which each lane is another image's, or pixel's: rows of numbers that all lanes share, or of
/// vectors, times columns of vectors. Distances are counted in elements; tables say where columns lie, steps of the
/// depth, and results.
template <class T>
struct lane_product {
  T const* left;  // row i at step k: left[i * left_row + k * left_step]
  std::int64_t left_row, left_step;
  T const* right;  // column j at step k: right[column_at[j] + step_at[k]]
  std::int32_t const *column_at, *step_at;
  std::int64_t depth;
  T* to;  // result: to[row_to[i] + column_to[j]]
  std::int32_t const *row_to, *column_to;
  bool goes_on = false;  // a sum goes on from what its result is so far
};

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

/// What is compiled for each instruction set: sums whose lanes are images, and how they become rows and rows lanes.
template <instruction_set Set, class T>
struct image_lanes {
  using S = simd<T, Set>;
  using vector = typename S::vector;
  static constexpr int rows = Set == instruction_set::baseline ? 2 : 4;
  static constexpr int columns = Set == instruction_set::avx512 ? 5 : 3;

  template <int Rows, bool Shared>
  ASHLAR_INLINE static void tile(lane_product<T> const& p, std::int64_t row, std::int64_t column, int valid, bool add) {
    vector sum[Rows][columns];
    T const* right[columns];
    ASHLAR_UNROLL_UP_TO(32)
    for (int j = 0; j < columns; ++j) {
      right[j] = p.right + p.column_at[column + (j < valid ? j : 0)];
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < Rows; ++i) sum[i][j] = vector{};
    }
    if (p.goes_on) {
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < Rows; ++i) {
        ASHLAR_UNROLL_UP_TO(32)
        for (int j = 0; j < columns; ++j)
          S::load(sum[i][j], p.to + p.row_to[row + i] + p.column_to[column + (j < valid ? j : 0)]);
      }
    }
    T const* left = p.left + row * p.left_row;
    for (std::int64_t k = 0; k < p.depth; ++k, left += p.left_step) {
      std::int64_t const at = p.step_at[k];
      vector x[columns];
      ASHLAR_UNROLL_UP_TO(32)
      for (int j = 0; j < columns; ++j) S::load(x[j], right[j] + at);
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < Rows; ++i)
        if constexpr (Shared) {
          T const y = left[i * p.left_row];
          ASHLAR_UNROLL_UP_TO(32)
          for (int j = 0; j < columns; ++j) sum[i][j] += y * x[j];
        } else {
          vector y;
          S::load(y, left + i * p.left_row);
          ASHLAR_UNROLL_UP_TO(32)
          for (int j = 0; j < columns; ++j) sum[i][j] += y * x[j];
        }
    }
    std::int32_t const* const column_to = p.column_to + column;
    if (valid == columns) {
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < Rows; ++i) {
        T* const to = p.to + p.row_to[row + i];
        if (add) {  // not before the sum: two results of a tile may have one place
          ASHLAR_UNROLL_UP_TO(32)
          for (int j = 0; j < columns; ++j) add_to(to + column_to[j], sum[i][j]);
        } else {
          ASHLAR_UNROLL_UP_TO(32)
          for (int j = 0; j < columns; ++j) S::store(sum[i][j], to + column_to[j]);
        }
      }
    } else {
      alignas(64) T part[Rows][columns][S::width];
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < Rows; ++i) {
        ASHLAR_UNROLL_UP_TO(32)
        for (int j = 0; j < columns; ++j) S::store(sum[i][j], part[i][j]);
      }
      ASHLAR_KEEP_LOOP
      for (int i = 0; i < Rows; ++i) {
        ASHLAR_KEEP_LOOP
        for (int j = 0; j < valid; ++j) {
          T* const to = p.to + p.row_to[row + i] + column_to[j];
          vector one;
          S::load(one, part[i][j]);
          add ? add_to(to, one) : S::store(one, to);
        }
      }
    }
  }
  ASHLAR_INLINE static void add_to(T* to, vector const& sum) {
    vector old;
    S::load(old, to);
    S::store(old + sum, to);
  }
  template <int Rows, bool Shared>
  ASHLAR_INLINE_LEVEL static void tiles(lane_product<T> const& p, std::int64_t& i, std::int64_t m, std::int64_t column,
                                        int valid, bool add) {
    for (; i + Rows <= m; i += Rows) tile<Rows, Shared>(p, i, column, valid, add);
    if constexpr (Rows > 1) tiles<Rows / 2, Shared>(p, i, m, column, valid, add);
  }
  template <bool Shared>
  ASHLAR_INLINE_LEVEL static void multiply(lane_product<T> const& p, std::int64_t m, std::int64_t n, bool add) {
    for (std::int64_t j = 0; j < n; j += columns) {
      std::int64_t i = 0;
      tiles<rows, Shared>(p, i, m, j, n - j < columns ? static_cast<int>(n - j) : columns, add);
    }
  }

  /// to[i][j] = from[j][i], as many each way as there are lanes.
  ASHLAR_INLINE static void transpose(T const* from, std::int64_t from_row, T* to, std::int64_t to_row) {
    vector v[S::width];
    ASHLAR_UNROLL_UP_TO(32)
    for (int i = 0; i < S::width; ++i) S::load(v[i], from + i * from_row);
    gemm<Set, T>::transpose(v);
    ASHLAR_UNROLL_UP_TO(32)
    for (int i = 0; i < S::width; ++i) S::store(v[i], to + i * to_row);
  }
};
#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

template <class T, instruction_set Set>
struct image_lanes_on {
  [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void multiply_shared(lane_product<T> const& p, std::int64_t m,
                                                                          std::int64_t n, bool add) {
    image_lanes<Set, T>::template multiply<true>(p, m, n, add);
  }
  [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void multiply_own(lane_product<T> const& p, std::int64_t m,
                                                                       std::int64_t n, bool add) {
    image_lanes<Set, T>::template multiply<false>(p, m, n, add);
  }
  [[gnu::noinline]] static void transpose(T const* from, std::int64_t from_row, T* to, std::int64_t to_row) {
    image_lanes<Set, T>::transpose(from, from_row, to, to_row);
  }
};
template <class T>
struct image_lanes_on<T, instruction_set::avx2> {
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void multiply_shared(lane_product<T> const& p,
                                                                                             std::int64_t m,
                                                                                             std::int64_t n, bool add) {
    image_lanes<instruction_set::avx2, T>::template multiply<true>(p, m, n, add);
  }
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void multiply_own(lane_product<T> const& p,
                                                                                          std::int64_t m,
                                                                                          std::int64_t n, bool add) {
    image_lanes<instruction_set::avx2, T>::template multiply<false>(p, m, n, add);
  }
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] static void transpose(T const* from, std::int64_t from_row, T* to,
                                                             std::int64_t to_row) {
    image_lanes<instruction_set::avx2, T>::transpose(from, from_row, to, to_row);
  }
};
template <class T>
struct image_lanes_on<T, instruction_set::avx512> {
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void multiply_shared(lane_product<T> const& p,
                                                                                               std::int64_t m,
                                                                                               std::int64_t n,
                                                                                               bool add) {
    image_lanes<instruction_set::avx512, T>::template multiply<true>(p, m, n, add);
  }
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void multiply_own(lane_product<T> const& p,
                                                                                            std::int64_t m,
                                                                                            std::int64_t n, bool add) {
    image_lanes<instruction_set::avx512, T>::template multiply<false>(p, m, n, add);
  }
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] static void transpose(T const* from, std::int64_t from_row, T* to,
                                                               std::int64_t to_row) {
    image_lanes<instruction_set::avx512, T>::transpose(from, from_row, to, to_row);
  }
};

/// The functions of an instruction set, which all kernels share.
template <class T>
struct image_lane_functions {
  using product = void (*)(lane_product<T> const& p, std::int64_t m, std::int64_t n, bool add);
  product multiply_shared;  // the left side is numbers, for all lanes
  product multiply_own;     // the left side is vectors
  void (*transpose)(T const* from, std::int64_t from_row, T* to, std::int64_t to_row);
  int width, rows, columns;
};
template <class T, instruction_set Set>
inline constexpr image_lane_functions<T> image_lane_functions_on{image_lanes_on<T, Set>::multiply_shared,
                                                                 image_lanes_on<T, Set>::multiply_own,
                                                                 image_lanes_on<T, Set>::transpose,
                                                                 simd<T, Set>::width,
                                                                 image_lanes<Set, T>::rows,
                                                                 image_lanes<Set, T>::columns};
/// For so many images, or pixels: no wider vectors than they fill.
template <class T>
image_lane_functions<T> const& image_lanes_for(instruction_set set, std::int64_t count) {
  if (set == instruction_set::avx512 && count <= simd<T, instruction_set::avx2>::width) set = instruction_set::avx2;
  if (set == instruction_set::avx2) return image_lane_functions_on<T, instruction_set::avx2>;
  return ASHLAR_BY_SET(set, (image_lane_functions_on<T, instruction_set::baseline>),
                       (image_lane_functions_on<T, instruction_set::avx2>),
                       (image_lane_functions_on<T, instruction_set::avx512>));
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
