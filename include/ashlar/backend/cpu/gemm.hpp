// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>
#include <type_traits>
#include <utility>

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
};
inline constexpr int gemm_most_depth = 512;
inline constexpr int gemm_panel_elements = 8192;  // of a panel of B, which stays in the first cache

/// A matrix that is read at data[i * row + j * column].
template <class T>
struct matrix_view {
  T const* data;
  std::int64_t row, column;
};

/// Copies rows that lie apart.
template <class T>
[[gnu::noinline]] void copy_block(T* to, std::int64_t to_row, T const* from, std::int64_t from_row, int rows,
                                  int columns) {
  for (int i = 0; i < rows; ++i)
    std::memcpy(to + i * to_row, from + i * from_row, static_cast<std::size_t>(columns) * sizeof(T));
}

/// A panel whose rows lie apart or are shorter than it.
template <class T>
[[gnu::noinline]] void pack_panel(T* panel, T const* from, matrix_view<T> const& b, std::int64_t depth, int columns,
                                  int width) {
  for (std::int64_t k = 0; k < depth; ++k, panel += width) {
    if (b.column == 1)
      std::memcpy(panel, from + k * b.row, static_cast<std::size_t>(columns) * sizeof(T));
    else
      for (int j = 0; j < columns; ++j) panel[j] = from[k * b.row + j * b.column];
    for (int j = columns; j < width; ++j) panel[j] = T{};
  }
}

#if defined(__CUDACC__)  // it hands GCC's pragmas on to GCC, but warns of them
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif
/// Of a loop over registers: an array of vectors is in registers only where the loop is unrolled.
#if defined(__clang__)
#define ASHLAR_UNROLL_TILE _Pragma("unroll")
#else
#define ASHLAR_UNROLL_TILE _Pragma("GCC unroll 32")
#endif

/// What is compiled for each instruction set: the product of rows of A with one panel of B, and what makes such a panel
/// of a matrix that lies across.
template <instruction_set Set, class T>
struct gemm {
  using tile_size = gemm_tile<Set, T>;
  using S = simd<T, Set>;
  using vector = typename S::vector;
  static constexpr int vectors = tile_size::vectors;

  template <int Rows>
  ASHLAR_INLINE static void tile(T const* a, std::int64_t a_row, std::int64_t a_column, T const* b, std::int64_t b_row,
                                 std::int64_t depth, T* c, std::int64_t c_row, bool add) {
    vector sum[Rows][vectors];
    ASHLAR_UNROLL_TILE
    for (int i = 0; i < Rows; ++i) {
      ASHLAR_UNROLL_TILE
      for (int j = 0; j < vectors; ++j) {
        sum[i][j] = vector{};
        if (add) S::load(sum[i][j], c + i * c_row + j * S::width);
      }
    }
    for (std::int64_t k = 0; k < depth; ++k) {
      vector right[vectors];
      ASHLAR_UNROLL_TILE
      for (int j = 0; j < vectors; ++j) S::load(right[j], b + k * b_row + j * S::width);
      ASHLAR_UNROLL_TILE
      for (int i = 0; i < Rows; ++i) {
        T const left = a[i * a_row + k * a_column];
        ASHLAR_UNROLL_TILE
        for (int j = 0; j < vectors; ++j) sum[i][j] += left * right[j];
      }
    }
    ASHLAR_UNROLL_TILE
    for (int i = 0; i < Rows; ++i) {
      ASHLAR_UNROLL_TILE
      for (int j = 0; j < vectors; ++j) S::store(sum[i][j], c + i * c_row + j * S::width);
    }
  }
  template <int Rows>
  ASHLAR_INLINE static void tiles(std::int64_t& i, std::int64_t m, matrix_view<T> a, T const* b, std::int64_t b_row,
                                  std::int64_t depth, T* c, std::int64_t c_row, bool add, int columns) {
    constexpr int all = tile_size::columns;
    alignas(64) T part[Rows * all];
    for (; i + Rows <= m; i += Rows) {
      bool const is_whole = columns == all;
      T* const to = c + i * c_row;
      if (!is_whole && add) copy_block(part, all, to, c_row, Rows, columns);
      tile<Rows>(a.data + i * a.row, a.row, a.column, b, b_row, depth, is_whole ? to : part, is_whole ? c_row : all,
                 add);
      if (!is_whole) copy_block(to, c_row, part, all, Rows, columns);
    }
    if constexpr (Rows > 1) tiles<Rows / 2>(i, m, a, b, b_row, depth, c, c_row, add, columns);
  }
  /// `columns` columns of C: every element sums over the depth in ascending order.
  ASHLAR_INLINE static void panel(std::int64_t m, std::int64_t depth, matrix_view<T> a, T const* b, std::int64_t b_row,
                                  T* c, std::int64_t c_row, bool add, int columns) {
    std::int64_t i = 0;
    tiles<tile_size::rows>(i, m, a, b, b_row, depth, c, c_row, add, columns);
  }

  template <int... I>
  ASHLAR_INLINE static void interleave(vector const& a, vector const& b, vector& low, vector& high,
                                       std::integer_sequence<int, I...>) {
    constexpr int width = S::width;
#if defined(__clang__)
    low = __builtin_shufflevector(a, b, (I / 2 + I % 2 * width)...);
    high = __builtin_shufflevector(a, b, (width / 2 + I / 2 + I % 2 * width)...);
#else
    low = __builtin_shuffle(a, b, typename S::mask{(I / 2 + I % 2 * width)...});
    high = __builtin_shuffle(a, b, typename S::mask{(width / 2 + I / 2 + I % 2 * width)...});
#endif
  }
  /// Rows become columns: each round moves the first bit of an element's number, row and lane together, to the end.
  ASHLAR_INLINE static void transpose(vector* v) {
    constexpr int width = S::width;
    ASHLAR_UNROLL_TILE
    for (int round = 1; round < width; round *= 2) {
      vector next[width];
      ASHLAR_UNROLL_TILE
      for (int i = 0; i < width / 2; ++i)
        interleave(v[i], v[i + width / 2], next[2 * i], next[2 * i + 1], std::make_integer_sequence<int, width>{});
      ASHLAR_UNROLL_TILE
      for (int i = 0; i < width; ++i) v[i] = next[i];
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
          std::memset(part, 0, sizeof part);
          if (rows > 0) copy_block(part, width, block, distance, rows, count);
          block = part;
          apart = width;
        }
        vector v[width];
        ASHLAR_UNROLL_TILE
        for (int i = 0; i < width; ++i) S::load(v[i], block + i * apart);
        transpose(v);
        ASHLAR_UNROLL_TILE
        for (int i = 0; i < width; ++i)
          if (i < count) S::store(v[i], panel + (k + i) * tile_size::columns + j);
      }
  }
};
#undef ASHLAR_UNROLL_TILE
#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

/// g++ fuses a product and a sum only where it is told to; clang does within an expression.
#if defined(__GNUC__) && !defined(__clang__)
#define ASHLAR_FUSED_MULTIPLY_ADD __attribute__((optimize("fp-contract=fast")))
#else
#define ASHLAR_FUSED_MULTIPLY_ADD
#endif

template <class T, instruction_set Set>
struct gemm_on {
  [[gnu::noinline]] static void panel(std::int64_t m, std::int64_t depth, matrix_view<T> a, T const* b,
                                      std::int64_t b_row, T* c, std::int64_t c_row, bool add, int columns) {
    gemm<Set, T>::panel(m, depth, a, b, b_row, c, c_row, add, columns);
  }
  [[gnu::noinline]] static void pack(T* to, T const* from, std::int64_t distance, std::int64_t depth, int columns) {
    gemm<Set, T>::pack(to, from, distance, depth, columns);
  }
};
template <class T>
struct gemm_on<T, instruction_set::avx2> {
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void panel(std::int64_t m, std::int64_t depth,
                                                                                   matrix_view<T> a, T const* b,
                                                                                   std::int64_t b_row, T* c,
                                                                                   std::int64_t c_row, bool add,
                                                                                   int columns) {
    gemm<instruction_set::avx2, T>::panel(m, depth, a, b, b_row, c, c_row, add, columns);
  }
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] static void pack(T* to, T const* from, std::int64_t distance, std::int64_t depth,
                                                        int columns) {
    gemm<instruction_set::avx2, T>::pack(to, from, distance, depth, columns);
  }
};
template <class T>
struct gemm_on<T, instruction_set::avx512> {
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void panel(std::int64_t m, std::int64_t depth,
                                                                                     matrix_view<T> a, T const* b,
                                                                                     std::int64_t b_row, T* c,
                                                                                     std::int64_t c_row, bool add,
                                                                                     int columns) {
    gemm<instruction_set::avx512, T>::panel(m, depth, a, b, b_row, c, c_row, add, columns);
  }
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] static void pack(T* to, T const* from, std::int64_t distance,
                                                          std::int64_t depth, int columns) {
    gemm<instruction_set::avx512, T>::pack(to, from, distance, depth, columns);
  }
};

/// The functions of an instruction set, which all kernels share, and the size of their panels.
template <class T>
struct gemm_functions {
  void (*panel)(std::int64_t m, std::int64_t depth, matrix_view<T> a, T const* b, std::int64_t b_row, T* c,
                std::int64_t c_row, bool add, int columns);
  void (*pack)(T* panel, T const* from, std::int64_t distance, std::int64_t depth, int columns);
  int columns;

  std::int64_t depth() const {
    return gemm_panel_elements / columns < gemm_most_depth ? gemm_panel_elements / columns : gemm_most_depth;
  }
};
template <class T, instruction_set Set>
inline constexpr gemm_functions<T> gemm_functions_on{gemm_on<T, Set>::panel, gemm_on<T, Set>::pack,
                                                     gemm_tile<Set, T>::columns};
template <class T>
gemm_functions<T> const& functions_for(instruction_set set) {
  switch (set) {
    case instruction_set::avx512: return gemm_functions_on<T, instruction_set::avx512>;
    case instruction_set::avx2: return gemm_functions_on<T, instruction_set::avx2>;
    default: return gemm_functions_on<T, instruction_set::baseline>;
  }
}

/// C = A B, or C += A B: C [m, n] is dense along its columns. Panels of B that are not as the tiles read them are
/// copied; so many rows of A stay in the second cache meanwhile.
template <class T>
[[gnu::noinline]] void multiply(instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth,
                                matrix_view<T> a, matrix_view<T> b, T* c, std::int64_t c_row, bool add) {
  gemm_functions<T> const& on = functions_for<T>(set);
  alignas(64) T panel[gemm_panel_elements];
  constexpr std::int64_t block = 512;
  for (std::int64_t i = 0; i < m; i += block) {
    std::int64_t const rows = m - i < block ? m - i : block;
    for (std::int64_t k = 0; k < depth; k += on.depth()) {
      std::int64_t const slab = depth - k < on.depth() ? depth - k : on.depth();
      for (std::int64_t j = 0; j < n; j += on.columns) {
        int const columns = static_cast<int>(n - j < on.columns ? n - j : on.columns);
        T const* right = b.data + k * b.row + j * b.column;
        std::int64_t right_row = b.row;
        bool const apart = rows >= 4 * 64 || (rows >= 64 && b.row % 512 == 0);  // such rows share few lines of a cache
        if (b.column != 1 || columns < on.columns || apart) {
          if (b.row == 1 && b.column != 1)
            on.pack(panel, right, b.column, slab, columns);
          else
            pack_panel(panel, right, b, slab, columns, on.columns);
          right = panel;
          right_row = on.columns;
        }
        on.panel(rows, slab, {a.data + i * a.row + k * a.column, a.row, a.column}, right, right_row, c + i * c_row + j,
                 c_row, add || k > 0, columns);
      }
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
