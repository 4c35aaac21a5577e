// SPDX-License-Identifier: MIT
#pragma once
#include <type_traits>

#include <ashlar/backend/cpu/kernel.hpp>
#include <ashlar/backend/cpu/simd.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Register tiles by instruction set: rows of C and vectors of columns that stay in registers.
template <instruction_set Set, class T>
struct gemm_tile {
  using S = simd<T, Set>;
  static constexpr int rows = Set == instruction_set::avx512 ? 8 : Set == instruction_set::avx2 ? 6 : 4;
  static constexpr int vectors = 2;
  static constexpr int columns = vectors * S::width;
  static constexpr int depth = 8192 / columns;  // of k: the panel of B stays in the first cache
};

/// A matrix that is read at data[i * row + j * column].
template <class T>
struct matrix_view {
  T const* data;
  std::int64_t row, column;
};

/// C = A B, or C += A B: C [m, n] is dense along its columns. Every element sums over k in ascending order.
template <instruction_set Set, class T>
struct gemm {
  using tile_size = gemm_tile<Set, T>;
  using S = simd<T, Set>;
  using vector = typename S::vector;
  static constexpr int vectors = tile_size::vectors;

  template <int Rows>
  ASHLAR_INLINE static void tile(T const* a, std::int64_t a_row, std::int64_t a_column, T const* b, std::int64_t b_row,
                                 std::int64_t depth, T* c, std::int64_t c_row, bool add, int columns) {
    vector sum[Rows][vectors];
    for (int i = 0; i < Rows; ++i)
      for (int j = 0; j < vectors; ++j) {
        if (!add)
          sum[i][j] = vector{};
        else if (columns == tile_size::columns)
          S::load(sum[i][j], c + i * c_row + j * S::width);
        else
          load_part(sum[i][j], c + i * c_row + j * S::width, part(columns, j));
      }
    for (std::int64_t k = 0; k < depth; ++k) {
      vector right[vectors];
      for (int j = 0; j < vectors; ++j) S::load(right[j], b + k * b_row + j * S::width);
      for (int i = 0; i < Rows; ++i) {
        T const left = a[i * a_row + k * a_column];
        for (int j = 0; j < vectors; ++j) sum[i][j] += left * right[j];
      }
    }
    for (int i = 0; i < Rows; ++i)
      for (int j = 0; j < vectors; ++j) {
        if (columns == tile_size::columns)
          S::store(sum[i][j], c + i * c_row + j * S::width);
        else
          store_part(sum[i][j], c + i * c_row + j * S::width, part(columns, j));
      }
  }
  ASHLAR_INLINE static void load_part(vector& v, T const* from, int count) {
    T lanes[S::width]{};
    copy_part(lanes, from, count);
    S::load(v, lanes);
  }
  ASHLAR_INLINE static void store_part(vector const& v, T* to, int count) {
    T lanes[S::width];
    S::store(v, lanes);
    copy_part(to, lanes, count);
  }
  ASHLAR_INLINE static int part(int columns, int j) {
    int left = columns - j * S::width;
    return left < 0 ? 0 : left > S::width ? S::width : left;
  }

  template <int Rows>
  ASHLAR_INLINE static void tiles(std::int64_t& i, std::int64_t m, matrix_view<T> a, T const* b, std::int64_t b_row,
                                  std::int64_t depth, T* c, std::int64_t c_row, bool add, int columns) {
    for (; i + Rows <= m; i += Rows)
      tile<Rows>(a.data + i * a.row, a.row, a.column, b, b_row, depth, c + i * c_row, c_row, add, columns);
    if constexpr (Rows > 1) tiles<Rows / 2>(i, m, a, b, b_row, depth, c, c_row, add, columns);
  }

  ASHLAR_INLINE static void run(std::int64_t m, std::int64_t n, std::int64_t depth, matrix_view<T> a, matrix_view<T> b,
                                T* c, std::int64_t c_row, bool add) {
    alignas(64) T panel[tile_size::depth * tile_size::columns];
    for (std::int64_t k = 0; k < depth; k += tile_size::depth) {
      std::int64_t const slab = depth - k < tile_size::depth ? depth - k : tile_size::depth;
      for (std::int64_t j = 0; j < n; j += tile_size::columns) {
        int const columns = static_cast<int>(n - j < tile_size::columns ? n - j : tile_size::columns);
        T const* right = b.data + k * b.row + j * b.column;
        std::int64_t right_row = b.row;
        if (b.column != 1 || columns < tile_size::columns) {
          pack(panel, right, b, slab, columns);
          right = panel;
          right_row = tile_size::columns;
        }
        std::int64_t i = 0;
        tiles<tile_size::rows>(i, m, {a.data + k * a.column, a.row, a.column}, right, right_row, slab, c + j, c_row,
                               add || k > 0, columns);
      }
    }
  }
  ASHLAR_INLINE static void pack(T* panel, T const* from, matrix_view<T> const& b, std::int64_t slab, int columns) {
    for (std::int64_t k = 0; k < slab; ++k) {
      for (int j = 0; j < columns; ++j) panel[k * tile_size::columns + j] = from[k * b.row + j * b.column];
      for (int j = columns; j < tile_size::columns; ++j) panel[k * tile_size::columns + j] = T{};
    }
  }
};

/// g++ fuses a product and a sum only where it is told to; clang does within an expression.
#if defined(__GNUC__) && !defined(__clang__)
#define ASHLAR_FUSED_MULTIPLY_ADD __attribute__((optimize("fp-contract=fast")))
#else
#define ASHLAR_FUSED_MULTIPLY_ADD
#endif

template <class T>
[[gnu::noinline]] void baseline_gemm(std::int64_t m, std::int64_t n, std::int64_t depth, matrix_view<T> a,
                                     matrix_view<T> b, T* c, std::int64_t c_row, bool add) {
  gemm<instruction_set::baseline, T>::run(m, n, depth, a, b, c, c_row, add);
}
template <class T>
ASHLAR_TARGET_AVX2 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void avx2_gemm(std::int64_t m, std::int64_t n,
                                                                              std::int64_t depth, matrix_view<T> a,
                                                                              matrix_view<T> b, T* c,
                                                                              std::int64_t c_row, bool add) {
  gemm<instruction_set::avx2, T>::run(m, n, depth, a, b, c, c_row, add);
}
template <class T>
ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void avx512_gemm(std::int64_t m, std::int64_t n,
                                                                                  std::int64_t depth, matrix_view<T> a,
                                                                                  matrix_view<T> b, T* c,
                                                                                  std::int64_t c_row, bool add) {
  gemm<instruction_set::avx512, T>::run(m, n, depth, a, b, c, c_row, add);
}
/// The product on an instruction set; one function for each, which all kernels share.
template <class T>
void multiply(instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth, matrix_view<T> a,
              matrix_view<T> b, T* c, std::int64_t c_row, bool add) {
  switch (set) {
    case instruction_set::avx512: return avx512_gemm<T>(m, n, depth, a, b, c, c_row, add);
    case instruction_set::avx2: return avx2_gemm<T>(m, n, depth, a, b, c, c_row, add);
    default: return baseline_gemm<T>(m, n, depth, a, b, c, c_row, add);
  }
}

/// A kernel's share of a batch of matrices: matrices, or rows, or columns in blocks that no other share writes to.
struct kernel_block {
  std::int64_t first[3]{}, last[3];

  kernel_block(kernel_arguments const& args, std::int64_t batch, std::int64_t m, std::int64_t n) : last{batch, m, n} {
    std::int64_t const unit[3] = {1, 16, 64}, units[3] = {batch, (m + 15) / 16, (n + 63) / 64};
    int axis = 0;
    for (int i = 1; i < 3; ++i)
      if (units[axis] < 4 * args.parts && units[i] > units[axis]) axis = i;
    kernel_share const own(args, last[axis], unit[axis]);
    first[axis] = own.begin;
    last[axis] = own.end < own.begin ? own.begin : own.end;
  }
};

/// numbers: batch, m, n, k, which of them follows the valid rows, its units per row.
template <class Code>
struct matmul_kernel {
  using T = std::conditional_t<Code::at[1] != 0, double, float>;
  static void run(kernel_arguments const& args) {
    constexpr bool ta = Code::at[2] != 0, tb = Code::at[3] != 0;
    std::int64_t const full_m = args.numbers[1], full_k = args.numbers[3], n = args.numbers[2];
    std::int64_t extent[4] = {0, args.numbers[0], full_m, full_k};
    extent[args.numbers[4]] = args.numbers[4] ? args.numbers[5] * args.rows : 0;
    std::int64_t const m = extent[2], k = extent[3];
    T const* a = reinterpret_cast<T const*>(args.operands[0]);
    T const* b = reinterpret_cast<T const*>(args.operands[1]);
    T* c = reinterpret_cast<T*>(args.operands[2]);
    kernel_block const own(args, extent[1], m, n);
    for (std::int64_t p = own.first[0]; p < own.last[0]; ++p) {
      T const* left = a + p * full_m * full_k + own.first[1] * (ta ? 1 : full_k);
      T const* right = b + p * full_k * n + own.first[2] * (tb ? full_k : 1);
      multiply<T>(args.set, own.last[1] - own.first[1], own.last[2] - own.first[2], k,
                  {left, ta ? 1 : full_k, ta ? full_m : 1}, {right, tb ? 1 : n, tb ? full_k : 1},
                  c + (p * full_m + own.first[1]) * n + own.first[2], n, false);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
