// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/gemm.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What is compiled for each instruction set: a block of a transposed product becomes one of the product.
template <instruction_set Set, class T>
struct transposed_block {
  using S = simd<T, Set>;
  using vector = typename S::vector;
  static constexpr int apart = gemm_tile<Set, T>::columns;

  template <int... I>
  ASHLAR_INLINE static void square(T const* from, int rows, int columns, T* c, std::int64_t c_row,
                                   std::integer_sequence<int, I...>) {
    vector v[S::width];
    (S::load(v[I], from + (I < rows ? I : rows - 1) * apart), ...);
    gemm<Set, T>::transpose(v);
    if (rows >= S::width && columns >= S::width) return (S::store(v[I], c + I * c_row), ...);
    alignas(64) T block[S::width * S::width];
    (S::store(v[I], block + I * S::width), ...);
    copy_block(c, c_row, block, S::width, columns < S::width ? columns : S::width, rows < S::width ? rows : S::width);
  }
  /// c[i][j] = from[j][i] for i < columns, j < rows.
  ASHLAR_INLINE static void run(T const* from, int rows, int columns, T* c, std::int64_t c_row) {
    for (int j = 0; j < rows; j += S::width)
      for (int i = 0; i < columns; i += S::width)
        square(from + j * apart + i, rows - j, columns - i, c + i * c_row + j, c_row,
               std::make_integer_sequence<int, S::width>{});
  }
};

template <class T>
[[gnu::noinline]] ASHLAR_COMPILED_SOON void transpose_on_baseline(T const* from, int rows, int columns, T* c,
                                                                  std::int64_t c_row) {
  transposed_block<instruction_set::baseline, T>::run(from, rows, columns, c, c_row);
}
template <class T>
ASHLAR_TARGET_AVX2 [[gnu::noinline]] void transpose_on_avx2(T const* from, int rows, int columns, T* c,
                                                            std::int64_t c_row) {
  transposed_block<instruction_set::avx2, T>::run(from, rows, columns, c, c_row);
}
template <class T>
ASHLAR_TARGET_AVX512 [[gnu::noinline]] void transpose_on_avx512(T const* from, int rows, int columns, T* c,
                                                                std::int64_t c_row) {
  transposed_block<instruction_set::avx512, T>::run(from, rows, columns, c, c_row);
}
template <class T>
void transpose_block([[maybe_unused]] instruction_set set, T const* from, int rows, int columns, T* c,
                     std::int64_t c_row) {
  auto const run = ASHLAR_BY_SET(set, transpose_on_baseline<T>, transpose_on_avx2<T>, transpose_on_avx512<T>);
  run(from, rows, columns, c, c_row);
}

/// Whether A B^T is cheaper as the transpose of B A^T: the smaller matrix is the one that is packed, and its rows fill
/// panels. An element packed costs about six multiplications.
template <class T>
bool is_cheaper_transposed(instruction_set set, std::int64_t m, std::int64_t n) {
  std::int64_t const vector = functions_for<T>(set).columns / 2;
  auto cost = [&](std::int64_t rows, std::int64_t packed) {
    return rows * ((packed + vector - 1) / vector * vector) + 6 * packed;
  };
  return cost(n, m) < cost(m, n);
}

/// C = A B^T as the transpose of B A^T: rows of A and B are dense. Every number is the same sum in the same order as by
/// multiply, bit for bit; but where B lies in panels of its depth, `apart` from each other, which are summed on their
/// own.
template <class T>
[[gnu::noinline]] void multiply_transposed(instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth,
                                           T const* a, std::int64_t a_row, T const* b, std::int64_t b_row, T* c,
                                           std::int64_t c_row, product_finish<T> const& finish = {},
                                           std::int64_t apart = 0) {
  constexpr int block = 128, most_columns = gemm_tile<instruction_set::avx512, float>::columns;
  gemm_functions<T> const& on = functions_for<T>(set);
  std::int64_t const at_once = on.slab_of(depth);
  alignas(64) T panel[gemm_long_panel_elements], part[block * most_columns];
  for (std::int64_t i = 0; i < m; i += on.columns) {
    int const columns = static_cast<int>(m - i < on.columns ? m - i : on.columns);
    int const read = columns > on.columns / 2 ? on.columns : on.columns / 2;  // whole vectors
    for (std::int64_t j = 0; j < n; j += block) {
      int const rows = static_cast<int>(n - j < block ? n - j : block);
      for (std::int64_t k = 0; k < depth; k += at_once) {
        std::int64_t const slab = depth - k < at_once ? depth - k : at_once;
        if (j == 0 || depth > at_once) on.pack(panel, a + i * a_row + k, a_row, slab, columns);
        for (std::int64_t q = k; q < k + slab;) {
          std::int64_t const left = k + slab - q, whole = panel_distances::width - q % panel_distances::width;
          std::int64_t const count = apart && whole < left ? whole : left;
          on.panel(rows, count, {b + j * b_row + panel_distances::place(apart, q, q), b_row, 1},
                   panel + (q - k) * on.columns, on.columns, part, on.columns, q > 0, read, nullptr);
          q += count;
        }
      }
      transpose_block<T>(set, part, rows, columns, c + i * c_row + j, c_row);
      if (finish.is_something()) finish_block<T>(set, finish.at(i, j), columns, rows, c + i * c_row + j, c_row);
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
