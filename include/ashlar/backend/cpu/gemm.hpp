// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/backend/cpu/gemm_blocks.hpp>
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
      __builtin_prefetch(c + i * c_row, 1);
      ASHLAR_UNROLL_TILE
      for (int j = 0; j < vectors; ++j) sum[i][j] = vector{};
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
      for (int j = 0; j < vectors; ++j) {
        vector held{};
        if (add) S::load(held, c + i * c_row + j * S::width);
        S::store(held + sum[i][j], c + i * c_row + j * S::width);
      }
    }
  }
  template <int Rows>
  ASHLAR_INLINE static void tiles(std::int64_t& i, std::int64_t m, matrix_view<T> a, T const* b, std::int64_t b_row,
                                  std::int64_t depth, T* c, std::int64_t c_row, bool add, int columns) {
    constexpr int all = tile_size::columns;
    bool const in_tiles = a.column == 0;
    alignas(64) T part[Rows * all];
    for (; i + Rows <= m; i += Rows) {
      bool const is_whole = columns == all;
      T* const to = c + i * c_row;
      if (!is_whole && add) copy_block(part, all, to, c_row, Rows, columns);
      tile<Rows>(a.data + i * a.row, in_tiles ? 1 : a.row, in_tiles ? Rows : a.column, b, b_row, depth,
                 is_whole ? to : part, is_whole ? c_row : all, add);
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
    ASHLAR_UNROLL_TILE
    for (int round = 1; round < lane; round *= 2) {
      vector next[width];
      ASHLAR_UNROLL_TILE
      for (int i = 0; i < width; i += 2) {
        int const first = i / lane * lane + i % lane / 2;
        shuffle(v[first], v[first + lane / 2], next[i], next[i + 1], zipped<0>{}, zipped<1>{}, elements);
      }
      ASHLAR_UNROLL_TILE
      for (int i = 0; i < width; ++i) v[i] = next[i];
    }
    constexpr int lanes = width / lane;
    ASHLAR_UNROLL_TILE
    for (int round = 1; round < lanes; round *= 2) {
      vector next[width];
      ASHLAR_UNROLL_TILE
      for (int i = 0; i < width / 2; ++i) {
        int const first = i / lane * 2 * lane + i % lane;
        shuffle(v[first], v[first + lane], next[i], next[i + width / 2], every_second<0>{}, every_second<1>{},
                elements);
      }
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
  void (*gather)(T* to, T const* from, std::int64_t distance, std::int64_t i, std::int64_t m, std::int64_t depth);
  int columns;

  std::int64_t depth() const {
    return gemm_panel_elements / columns < gemm_most_depth ? gemm_panel_elements / columns : gemm_most_depth;
  }
};
template <class T, instruction_set Set>
inline constexpr gemm_functions<T> gemm_functions_on{gemm_on<T, Set>::panel, gemm_on<T, Set>::pack,
                                                     left_block<T>::template gather<gemm_tile<Set, T>::rows>,
                                                     gemm_tile<Set, T>::columns};
template <class T>
gemm_functions<T> const& functions_for(instruction_set set) {
  switch (set) {
    case instruction_set::avx512: return gemm_functions_on<T, instruction_set::avx512>;
    case instruction_set::avx2: return gemm_functions_on<T, instruction_set::avx2>;
    default: return gemm_functions_on<T, instruction_set::baseline>;
  }
}

/// C += A B, or C = A B, for columns [k, k + slab) of A and as many rows of B. Panels of B that are not as the tiles
/// read them are copied.
template <class T>
[[gnu::noinline]] void multiply_slab(gemm_functions<T> const& on, std::int64_t rows, std::int64_t n, std::int64_t slab,
                                     matrix_view<T> const& a, matrix_view<T> const& b, T* c, std::int64_t c_row,
                                     bool add) {
  alignas(64) T panel[gemm_panel_elements];
  bool const apart = rows >= 4 * 64 || (rows >= 64 && b.row % 512 == 0);  // such rows share few lines of a cache
  for (std::int64_t j = 0; j < n; j += on.columns) {
    int const columns = static_cast<int>(n - j < on.columns ? n - j : on.columns);
    T const* right = b.data + j * b.column;
    std::int64_t right_row = b.row;
    if (b.column != 1 || columns < on.columns || apart) {
      if (b.row == 1 && b.column != 1)
        on.pack(panel, right, b.column, slab, columns);
      else
        pack_panel(panel, right, b, slab, columns, on.columns);
      right = panel;
      right_row = on.columns;
    }
    on.panel(rows, slab, a, right, right_row, c + j, c_row, add, columns);
  }
}
/// The same with a copy of A.
template <class T>
[[gnu::noinline]] void multiply_copied_slab(gemm_functions<T> const& on, std::int64_t rows, std::int64_t n,
                                            std::int64_t slab, matrix_view<T> const& a, matrix_view<T> const& b, T* c,
                                            std::int64_t c_row, bool add) {
  alignas(64) T left[left_block<T>::elements];
  on.gather(left, a.data, a.column, 0, rows, slab);
  multiply_slab<T>(on, rows, n, slab, {left, slab, 0}, b, c, c_row, add);
}

/// C = A B, or C += A B: C [m, n] is dense along its columns. So many rows of A stay in the second cache while panels
/// of B pass by.
template <class T>
[[gnu::noinline]] void multiply(instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth,
                                matrix_view<T> a, matrix_view<T> b, T* c, std::int64_t c_row, bool add) {
  gemm_functions<T> const& on = functions_for<T>(set);
  bool const copies = left_block<T>::pays(a, depth, n / on.columns);
  std::int64_t const block = copies ? left_block<T>::elements / on.depth() : 512;
  for (std::int64_t i = 0; i < m; i += block) {
    std::int64_t const rows = m - i < block ? m - i : block;
    for (std::int64_t k = 0; k < depth; k += on.depth()) {
      std::int64_t const slab = depth - k < on.depth() ? depth - k : on.depth();
      (copies ? multiply_copied_slab<T>
              : multiply_slab<T>)(on, rows, n, slab, {a.data + i * a.row + k * a.column, a.row, a.column},
                                  {b.data + k * b.row, b.row, b.column}, c + i * c_row, c_row, add || k > 0);
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
