// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/backend/cpu/gemm_blocks.hpp>
#include <ashlar/backend/cpu/kernel.hpp>
#include <ashlar/backend/cpu/part_access.hpp>

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
inline constexpr int gemm_panel_elements = 16384;  // of a panel of B, which stays in the first cache

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

  /// Rows rows of C on Vectors vectors of columns, of which the last has `last` lanes. Where `packed` is given, B's
  /// rows are copied there as they pass.
  template <int Rows, int Vectors, bool Packs>
  ASHLAR_INLINE static void tile(T const* a, std::int64_t a_row, std::int64_t a_column, T const* b, std::int64_t b_row,
                                 std::int64_t depth, T* c, std::int64_t c_row, bool add, int last,
                                 [[maybe_unused]] T* packed) {
    vector sum[Rows][Vectors];
    ASHLAR_UNROLL_TILE
    for (int i = 0; i < Rows; ++i) {
      ASHLAR_UNROLL_TILE
      for (int j = 0; j < Vectors; ++j) {
        __builtin_prefetch(c + i * c_row + j * S::width, 1);
        sum[i][j] = vector{};
      }
    }
    for (std::int64_t k = 0; k < depth; ++k) {
      vector right[Vectors];
      ASHLAR_UNROLL_TILE
      for (int j = 0; j < Vectors; ++j) {
        S::load(right[j], b + k * b_row + j * S::width);
        if constexpr (Packs) {
          __builtin_prefetch(b + (k + 16) * b_row + j * S::width);
          S::store(right[j], packed + k * tile_size::columns + j * S::width);
        }
      }
      ASHLAR_UNROLL_TILE
      for (int i = 0; i < Rows; ++i) {
        T const left = a[i * a_row + k * a_column];
        ASHLAR_UNROLL_TILE
        for (int j = 0; j < Vectors; ++j) sum[i][j] += left * right[j];
      }
    }
    ASHLAR_UNROLL_TILE
    for (int i = 0; i < Rows; ++i) {
      T* const to = c + i * c_row;
      ASHLAR_UNROLL_TILE
      for (int j = 0; j < Vectors; ++j) {
        vector held{};
        if (j + 1 < Vectors || last == S::width) {
          if (add) S::load(held, to + j * S::width);
          S::store(held + sum[i][j], to + j * S::width);
        } else {
          if (add) load_part<T, Set>(held, to + j * S::width, last);
          store_part<T, Set>(held + sum[i][j], to + j * S::width, last);
        }
      }
    }
  }
  template <int Rows, int Vectors>
  ASHLAR_INLINE static void tiles(std::int64_t& i, std::int64_t m, matrix_view<T> a, T const* b, std::int64_t b_row,
                                  std::int64_t depth, T* c, std::int64_t c_row, bool add, int last) {
    bool const in_tiles = a.column == 0;
    for (; i + Rows <= m; i += Rows)
      tile<Rows, Vectors, false>(a.data + i * a.row, in_tiles ? 1 : a.row, in_tiles ? Rows : a.column, b, b_row, depth,
                                 c + i * c_row, c_row, add, last, nullptr);
    if constexpr (Rows > 1) tiles<Rows / 2, Vectors>(i, m, a, b, b_row, depth, c, c_row, add, last);
  }
  /// `columns` columns of C: every element sums over the depth in ascending order. Where they fit one vector, B's
  /// panel is read that far.
  ASHLAR_INLINE static void panel(std::int64_t m, std::int64_t depth, matrix_view<T> a, T const* b, std::int64_t b_row,
                                  T* c, std::int64_t c_row, bool add, int columns) {
    std::int64_t i = 0;
    if (columns > S::width)
      tiles<tile_size::rows, 2>(i, m, a, b, b_row, depth, c, c_row, add, columns - S::width);
    else
      tiles<tile_size::rows, 1>(i, m, a, b, b_row, depth, c, c_row, add, columns);
  }
  /// The first rows of all of a panel's columns, and a copy of B's panel for the others.
  ASHLAR_INLINE static void packing_tile(std::int64_t depth, matrix_view<T> const& a, T const* b, std::int64_t b_row,
                                         T* c, std::int64_t c_row, bool add, T* packed) {
    bool const in_tiles = a.column == 0;
    tile<tile_size::rows, vectors, true>(a.data, in_tiles ? 1 : a.row, in_tiles ? tile_size::rows : a.column, b, b_row,
                                         depth, c, c_row, add, S::width, packed);
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
          for (int i = 0; i < width; ++i) {
            vector row{};
            if (i < rows) load_some(row, block + i * distance, count);
            S::store(row, part + i * width);
          }
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
  [[gnu::noinline]] static void packing_tile(std::int64_t depth, matrix_view<T> const& a, T const* b,
                                             std::int64_t b_row, T* c, std::int64_t c_row, bool add, T* packed) {
    gemm<Set, T>::packing_tile(depth, a, b, b_row, c, c_row, add, packed);
  }
  [[gnu::noinline]] static void pack(T* to, T const* from, std::int64_t distance, std::int64_t depth, int columns) {
    gemm<Set, T>::pack(to, from, distance, depth, columns);
  }
  [[gnu::noinline]] static void pack_rows(T* to, T const* from, std::int64_t distance, std::int64_t depth,
                                          int columns) {
    gemm<Set, T>::pack_rows(to, from, distance, depth, columns);
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
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void packing_tile(
      std::int64_t depth, matrix_view<T> const& a, T const* b, std::int64_t b_row, T* c, std::int64_t c_row, bool add,
      T* packed) {
    gemm<instruction_set::avx2, T>::packing_tile(depth, a, b, b_row, c, c_row, add, packed);
  }
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] static void pack(T* to, T const* from, std::int64_t distance, std::int64_t depth,
                                                        int columns) {
    gemm<instruction_set::avx2, T>::pack(to, from, distance, depth, columns);
  }
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] static void pack_rows(T* to, T const* from, std::int64_t distance,
                                                             std::int64_t depth, int columns) {
    gemm<instruction_set::avx2, T>::pack_rows(to, from, distance, depth, columns);
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
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void packing_tile(
      std::int64_t depth, matrix_view<T> const& a, T const* b, std::int64_t b_row, T* c, std::int64_t c_row, bool add,
      T* packed) {
    gemm<instruction_set::avx512, T>::packing_tile(depth, a, b, b_row, c, c_row, add, packed);
  }
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] static void pack(T* to, T const* from, std::int64_t distance,
                                                          std::int64_t depth, int columns) {
    gemm<instruction_set::avx512, T>::pack(to, from, distance, depth, columns);
  }
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] static void pack_rows(T* to, T const* from, std::int64_t distance,
                                                               std::int64_t depth, int columns) {
    gemm<instruction_set::avx512, T>::pack_rows(to, from, distance, depth, columns);
  }
};

/// The functions of an instruction set, which all kernels share, and the size of their panels.
template <class T>
struct gemm_functions {
  void (*panel)(std::int64_t m, std::int64_t depth, matrix_view<T> a, T const* b, std::int64_t b_row, T* c,
                std::int64_t c_row, bool add, int columns);
  void (*packing_tile)(std::int64_t depth, matrix_view<T> const& a, T const* b, std::int64_t b_row, T* c,
                       std::int64_t c_row, bool add, T* packed);
  void (*pack)(T* panel, T const* from, std::int64_t distance, std::int64_t depth, int columns);
  void (*pack_rows)(T* panel, T const* from, std::int64_t distance, std::int64_t depth, int columns);
  void (*gather)(T* to, T const* from, std::int64_t distance, std::int64_t i, std::int64_t m, std::int64_t depth);
  int columns, rows;  // of a tile

  /// The most of a sum's terms that a panel holds.
  std::int64_t depth() const {
    return gemm_panel_elements / columns < gemm_most_depth ? gemm_panel_elements / columns : gemm_most_depth;
  }
  /// How many terms of so long a sum are added at a time: about equally many each time, as C is read and written again.
  std::int64_t slab_of(std::int64_t whole) const {
    std::int64_t const slabs = (whole + depth() - 1) / depth();
    return slabs < 2 ? whole : ((whole + slabs - 1) / slabs + 15) / 16 * 16;
  }
};
template <class T, instruction_set Set>
inline constexpr gemm_functions<T> gemm_functions_on{gemm_on<T, Set>::panel,
                                                     gemm_on<T, Set>::packing_tile,
                                                     gemm_on<T, Set>::pack,
                                                     gemm_on<T, Set>::pack_rows,
                                                     left_block<T>::template gather<gemm_tile<Set, T>::rows>,
                                                     gemm_tile<Set, T>::columns,
                                                     gemm_tile<Set, T>::rows};
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
  for (std::int64_t j = 0; j < n; j += on.columns) {
    int const columns = static_cast<int>(n - j < on.columns ? n - j : on.columns);
    T const* right = b.data + j * b.column;
    std::int64_t right_row = b.row, first = 0;
    if (b.column != 1 || columns < on.columns) {
      b.column == 1 ? on.pack_rows(panel, right, b.row, slab, columns) : on.pack(panel, right, b.column, slab, columns);
      right = panel;
      right_row = on.columns;
    } else if (rows >= 64) {
      on.packing_tile(slab, a, right, right_row, c + j, c_row, add, panel);
      first = on.rows;
      right = panel;
      right_row = on.columns;
    }
    on.panel(rows - first, slab, {a.data + first * a.row, a.row, a.column}, right, right_row, c + first * c_row + j,
             c_row, add, columns);
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
  std::int64_t const at_once = on.slab_of(depth);
  // of A so much as leaves room in the second cache; more where every panel of B is transposed again
  std::int64_t const elements = copies ? left_block<T>::elements : b.column == 1 ? 65536 : 131072;
  std::int64_t const block = elements / on.rows / (at_once + !at_once) * on.rows;
  for (std::int64_t i = 0; i < m; i += block) {
    std::int64_t const rows = m - i < block ? m - i : block;
    for (std::int64_t k = 0; k < depth; k += at_once) {
      std::int64_t const slab = depth - k < at_once ? depth - k : at_once;
      (copies ? multiply_copied_slab<T>
              : multiply_slab<T>)(on, rows, n, slab, {a.data + i * a.row + k * a.column, a.row, a.column},
                                  {b.data + k * b.row, b.row, b.column}, c + i * c_row, c_row, add || k > 0);
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
