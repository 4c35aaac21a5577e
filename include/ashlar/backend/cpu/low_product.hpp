// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/gemm.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Products of so few rows are computed sum by sum: the other matrix, whose columns lie like rows, is read once, as it
/// lies.
inline constexpr int low_product_rows = 4;

/// What is compiled for each instruction set.
template <instruction_set Set, class T>
struct low_product {
  using S = simd<T, Set>;
  using vector = typename S::vector;
  static constexpr int columns_at_once = 4;

  /// sum[i][j] += left row i * right row j, lane by lane.
  template <int Rows, int Columns>
  ASHLAR_INLINE static void add(vector (&sum)[Rows][Columns], T const* left, std::int64_t left_row, T const* right,
                                std::int64_t right_row) {
    vector x[Rows], y;
    for (int i = 0; i < Rows; ++i) S::load(x[i], left + i * left_row);
    for (int j = 0; j < Columns; ++j) {
      S::load(y, right + j * right_row);
      for (int i = 0; i < Rows; ++i) sum[i][j] += x[i] * y;
    }
  }
  /// c[i][j], for Rows rows of A and Columns columns of B.
  template <int Rows, int Columns>
  ASHLAR_INLINE static void sums(std::int64_t depth, T const* a, T const* b, T* c, std::int64_t c_row) {
    vector sum[Rows][Columns]{};
    std::int64_t k = 0;
    for (; k + S::width <= depth; k += S::width) add(sum, a + k, depth, b + k, depth);
    if (k < depth) {
      alignas(64) T left[Rows * S::width]{}, right[Columns * S::width]{};
      copy_block(left, S::width, a + k, depth, Rows, static_cast<int>(depth - k));
      copy_block(right, S::width, b + k, depth, Columns, static_cast<int>(depth - k));
      add(sum, left, S::width, right, S::width);
    }
    for (int i = 0; i < Rows; ++i)
      for (int j = 0; j < Columns; ++j) {
        alignas(64) T lanes[S::width];
        S::store(sum[i][j], lanes);
        c[i * c_row + j] = lane_sum(lanes, S::width);
      }
  }
  template <int Rows>
  ASHLAR_INLINE static void rows(std::int64_t n, std::int64_t depth, T const* a, T const* b, T* c, std::int64_t c_row) {
    std::int64_t j = 0;
    for (; j + columns_at_once <= n; j += columns_at_once)
      sums<Rows, columns_at_once>(depth, a, b + j * depth, c + j, c_row);
    for (; j < n; ++j) sums<Rows, 1>(depth, a, b + j * depth, c + j, c_row);
  }
  ASHLAR_INLINE static void run(std::int64_t m, std::int64_t n, std::int64_t depth, T const* a, T const* b, T* c,
                                std::int64_t c_row) {
    if (m == low_product_rows) return rows<low_product_rows>(n, depth, a, b, c, c_row);
    if (m & 2) rows<2>(n, depth, a, b, c, c_row);
    std::int64_t const done = m & 2;
    if (m & 1) rows<1>(n, depth, a + done * depth, b, c + done * c_row, c_row);
  }
};

template <class T>
[[gnu::noinline]] void low_product_on_baseline(std::int64_t m, std::int64_t n, std::int64_t depth, T const* a,
                                               T const* b, T* c, std::int64_t c_row) {
  low_product<instruction_set::baseline, T>::run(m, n, depth, a, b, c, c_row);
}
template <class T>
ASHLAR_TARGET_AVX2 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void low_product_on_avx2(std::int64_t m, std::int64_t n,
                                                                                        std::int64_t depth, T const* a,
                                                                                        T const* b, T* c,
                                                                                        std::int64_t c_row) {
  low_product<instruction_set::avx2, T>::run(m, n, depth, a, b, c, c_row);
}
template <class T>
ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void low_product_on_avx512(
    std::int64_t m, std::int64_t n, std::int64_t depth, T const* a, T const* b, T* c, std::int64_t c_row) {
  low_product<instruction_set::avx512, T>::run(m, n, depth, a, b, c, c_row);
}

/// C = A B^T for m <= low_product_rows rows of A [m, depth] and B [n, depth], both dense.
template <class T>
void multiply_low(instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth, T const* a, T const* b, T* c,
                  std::int64_t c_row) {
  switch (set) {
    case instruction_set::avx512: return low_product_on_avx512<T>(m, n, depth, a, b, c, c_row);
    case instruction_set::avx2: return low_product_on_avx2<T>(m, n, depth, a, b, c, c_row);
    default: return low_product_on_baseline<T>(m, n, depth, a, b, c, c_row);
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
