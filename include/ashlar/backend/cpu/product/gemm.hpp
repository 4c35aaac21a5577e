// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/kernel.hpp>
#include <ashlar/backend/cpu/product/gemm_panels.hpp>
#include <ashlar/backend/cpu/product/product_finish.hpp>
#include <ashlar/backend/cpu/simd/unroll.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

template <class T, instruction_set Set>
struct gemm_on;

/// What a product adds to where nothing was before: as many as a row of a register tile has.
template <class T>
alignas(64) inline constexpr T zeros[gemm_tile<instruction_set::avx512, T>::columns]{};

/// What is compiled for each instruction set: products of rows of A with one panel of B.
template <instruction_set Set, class T>
struct gemm : gemm_panels<Set, T> {
  using tile_size = gemm_tile<Set, T>;
  using S = simd<T, Set>;
  using vector = typename S::vector;
  static constexpr int vectors = tile_size::vectors;

  /// What is due with the next few terms.
  ASHLAR_INLINE static void fetch(fetched_ahead<T>& ahead) {
    constexpr int line = 64 / static_cast<int>(sizeof(T));
    for (std::int64_t n = ahead.together; n > 0 && ahead.count > 0; --n, --ahead.count, ahead.data += ahead.row)
      for (int j = 0; j < tile_size::columns; j += line) __builtin_prefetch(ahead.data + j, 0, 2);
  }
  /// Rows rows of C on Vectors vectors of columns, of which the last has `last` lanes. One that packs copies B's rows
  /// as they pass. What is fetched beside it, C too, is asked for little by little: more at once than the first cache
  /// has room to wait for stops the arithmetic.
  template <int Rows, int Vectors, bool Packs>
  ASHLAR_INLINE static void tile(T const* a, std::int64_t a_row, std::int64_t a_column, T const* b, std::int64_t b_row,
                                 std::int64_t depth, T* c, std::int64_t c_row, bool add, int last,
                                 [[maybe_unused]] T* packed, fetched_beside<T>* fetches) {
    constexpr std::int64_t line = 64 / sizeof(T);
    constexpr bool is_whole = !Packs && Rows == tile_size::rows && Vectors == vectors;
    constexpr bool fetches_lines = is_whole && tile_size::columns >= line;
    bool const fetches_c = fetches_lines && depth >= Rows * line,
               fetches_rows = is_whole && fetches && fetches->next_rows;
    vector sum[Rows][Vectors];
    ASHLAR_UNROLL_UP_TO(32)
    for (int i = 0; i < Rows; ++i) {
      ASHLAR_UNROLL_UP_TO(32)
      for (int j = 0; j < Vectors; ++j) {
        if (!fetches_c) __builtin_prefetch(c + i * c_row + j * S::width, 1);
        sum[i][j] = vector{};
      }
    }
    for (std::int64_t k = 0, end = depth; k < depth; end = depth) {
      if constexpr (is_whole) {
        if ((fetches_c || fetches_rows) && k + line < depth) end = k + line;
        if (fetches_c && k < Rows * line)
          for (int j = 0; j < Vectors; ++j) __builtin_prefetch(c + k / line * c_row + j * S::width, 1);
        if (fetches_rows) {
          ASHLAR_UNROLL_UP_TO(32)
          for (int i = 0; i < Rows; ++i) __builtin_prefetch(a + (Rows + i) * a_row);
        }
        if (fetches_lines && fetches) {
          ASHLAR_KEEP_LOOP
          for (fetched_ahead<T>& ahead : fetches->ahead) fetch(ahead);
        }
      }
      for (; k < end; ++k, a += a_column, b += b_row) {
        vector right[Vectors];
        ASHLAR_UNROLL_UP_TO(32)
        for (int j = 0; j < Vectors; ++j) {
          S::load(right[j], b + j * S::width);
          if constexpr (Packs) {
            __builtin_prefetch(b + 16 * b_row + j * S::width);
            S::store(right[j], packed + k * tile_size::columns + j * S::width);
          }
        }
        ASHLAR_UNROLL_UP_TO(32)
        for (int i = 0; i < Rows; ++i) {
          T const left = a[i * a_row];
          ASHLAR_UNROLL_UP_TO(32)
          for (int j = 0; j < Vectors; ++j) sum[i][j] += left * right[j];
        }
      }
    }
    if (Packs || last == S::width) {
      T const* const before = add ? c : zeros<T>;
      std::int64_t const before_row = add ? c_row : 0;
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < Rows; ++i) {
        ASHLAR_UNROLL_UP_TO(32)
        for (int j = 0; j < Vectors; ++j) {
          vector held;
          S::load(held, before + i * before_row + j * S::width);
          S::store(held + sum[i][j], c + i * c_row + j * S::width);
        }
      }
    } else {
      alignas(64) T part[Rows * Vectors * S::width];
      ASHLAR_UNROLL_UP_TO(32)
      for (int i = 0; i < Rows; ++i) {
        ASHLAR_UNROLL_UP_TO(32)
        for (int j = 0; j < Vectors; ++j) S::store(sum[i][j], part + (i * Vectors + j) * S::width);
      }
      gemm_on<T, Set>::finish_part(Rows, Vectors, part, c, c_row, add, last);
    }
  }
  /// Rows whose last vector has `last` lanes.
  ASHLAR_INLINE static void finish_part(int rows, int vectors_of_row, T const* part, T* c, std::int64_t c_row, bool add,
                                        int last) {
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < vectors_of_row; ++j, part += S::width) {
        T* const to = c + i * c_row + j * S::width;
        int const lanes = j + 1 < vectors_of_row ? S::width : last;
        vector sum, held{};
        S::load(sum, part);
        if (add) gemm_panels<Set, T>::load_some(held, to, lanes);
        sum = held + sum;
        lanes == S::width ? S::store(sum, to) : store_part<T, Set>(sum, to, lanes);
      }
  }
  template <int Rows, int Vectors>
  ASHLAR_INLINE static void tiles(std::int64_t& i, std::int64_t m, matrix_view<T> a, T const* b, std::int64_t b_row,
                                  std::int64_t depth, T* c, std::int64_t c_row, bool add, int last,
                                  fetched_beside<T>* fetches) {
    bool const in_tiles = a.column == 0;
    for (; i + Rows <= m; i += Rows)
      tile<Rows, Vectors, false>(a.data + i * a.row, in_tiles ? 1 : a.row, in_tiles ? Rows : a.column, b, b_row, depth,
                                 c + i * c_row, c_row, add, last, nullptr, fetches);
    if constexpr (Rows > 1) tiles<fewer_rows(Rows), Vectors>(i, m, a, b, b_row, depth, c, c_row, add, last, fetches);
  }
  /// `columns` columns of C: every element sums over the depth in ascending order. Where they fit one vector, B's
  /// panel is read that far.
  ASHLAR_INLINE static void panel(std::int64_t m, std::int64_t depth, matrix_view<T> a, T const* b, std::int64_t b_row,
                                  T* c, std::int64_t c_row, bool add, int columns, fetched_beside<T>* fetches) {
    std::int64_t i = 0;
    if (columns > S::width)
      tiles<tile_size::rows, vectors>(i, m, a, b, b_row, depth, c, c_row, add, columns - S::width, fetches);
    else
      tiles<tile_size::rows, 1>(i, m, a, b, b_row, depth, c, c_row, add, columns, fetches);
  }
  /// The first rows of all of a panel's columns, and a copy of B's panel for the others.
  ASHLAR_INLINE static void packing_tile(std::int64_t depth, matrix_view<T> const& a, T const* b, std::int64_t b_row,
                                         T* c, std::int64_t c_row, bool add, T* packed) {
    bool const in_tiles = a.column == 0;
    tile<tile_size::rows, vectors, true>(a.data, in_tiles ? 1 : a.row, in_tiles ? tile_size::rows : a.column, b, b_row,
                                         depth, c, c_row, add, S::width, packed, nullptr);
  }
};
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
  [[gnu::noinline]] ASHLAR_COMPILED_SOON static void panel(std::int64_t m, std::int64_t depth, matrix_view<T> a,
                                                           T const* b, std::int64_t b_row, T* c, std::int64_t c_row,
                                                           bool add, int columns, fetched_beside<T>* fetches) {
    gemm<Set, T>::panel(m, depth, a, b, b_row, c, c_row, add, columns, fetches);
  }
  [[gnu::noinline]] ASHLAR_COMPILED_SOON static void packing_tile(std::int64_t depth, matrix_view<T> const& a,
                                                                  T const* b, std::int64_t b_row, T* c,
                                                                  std::int64_t c_row, bool add, T* packed) {
    gemm<Set, T>::packing_tile(depth, a, b, b_row, c, c_row, add, packed);
  }
  [[gnu::noinline]] ASHLAR_COMPILED_SOON static void pack(T* to, T const* from, std::int64_t distance,
                                                          std::int64_t depth, int columns) {
    gemm<Set, T>::pack(to, from, distance, depth, columns);
  }
  [[gnu::noinline]] ASHLAR_COMPILED_SOON static void pack_rows(T* to, T const* from, std::int64_t distance,
                                                               std::int64_t depth, int columns) {
    gemm<Set, T>::pack_rows(to, from, distance, depth, columns);
  }
  ASHLAR_COMPILED_ONCE ASHLAR_COMPILED_SOON static void finish_part(int rows, int vectors, T const* part, T* c,
                                                                    std::int64_t c_row, bool add, int last) {
    gemm<Set, T>::finish_part(rows, vectors, part, c, c_row, add, last);
  }
};
template <class T>
struct gemm_on<T, instruction_set::avx2> {
  ASHLAR_TARGET_AVX2 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void panel(
      std::int64_t m, std::int64_t depth, matrix_view<T> a, T const* b, std::int64_t b_row, T* c, std::int64_t c_row,
      bool add, int columns, fetched_beside<T>* fetches) {
    gemm<instruction_set::avx2, T>::panel(m, depth, a, b, b_row, c, c_row, add, columns, fetches);
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
  ASHLAR_TARGET_AVX2 ASHLAR_COMPILED_ONCE static void finish_part(int rows, int vectors, T const* part, T* c,
                                                                  std::int64_t c_row, bool add, int last) {
    gemm<instruction_set::avx2, T>::finish_part(rows, vectors, part, c, c_row, add, last);
  }
};
template <class T>
struct gemm_on<T, instruction_set::avx512> {
  ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD static void panel(
      std::int64_t m, std::int64_t depth, matrix_view<T> a, T const* b, std::int64_t b_row, T* c, std::int64_t c_row,
      bool add, int columns, fetched_beside<T>* fetches) {
    gemm<instruction_set::avx512, T>::panel(m, depth, a, b, b_row, c, c_row, add, columns, fetches);
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
  ASHLAR_TARGET_AVX512 ASHLAR_COMPILED_ONCE static void finish_part(int rows, int vectors, T const* part, T* c,
                                                                    std::int64_t c_row, bool add, int last) {
    gemm<instruction_set::avx512, T>::finish_part(rows, vectors, part, c, c_row, add, last);
  }
};

/// The functions of an instruction set, which all kernels share, and the size of their panels.
template <class T>
struct gemm_functions {
  void (*panel)(std::int64_t m, std::int64_t depth, matrix_view<T> a, T const* b, std::int64_t b_row, T* c,
                std::int64_t c_row, bool add, int columns, fetched_beside<T>* fetches);
  void (*packing_tile)(std::int64_t depth, matrix_view<T> const& a, T const* b, std::int64_t b_row, T* c,
                       std::int64_t c_row, bool add, T* packed);
  void (*pack)(T* panel, T const* from, std::int64_t distance, std::int64_t depth, int columns);
  void (*pack_rows)(T* panel, T const* from, std::int64_t distance, std::int64_t depth, int columns);
  void (*gather)(T* to, T const* from, std::int64_t distance, std::int64_t i, std::int64_t m, std::int64_t depth);
  int columns, rows;  // of a tile

  /// The most of a sum's terms that a panel holds.
  std::int64_t depth() const { return depth_of(gemm_panel_elements); }
  /// How many terms of so long a sum are added at a time by a product of matrices: about equally many each time, as C
  /// is read and written again.
  std::int64_t slab_of(std::int64_t whole) const {
    std::int64_t const most = depth_of(gemm_long_panel_elements), slabs = (whole + most - 1) / most;
    return slabs < 2 ? whole : ((whole + slabs - 1) / slabs + 15) / 16 * 16;
  }
  /// Whether a product of such a height reads B from a copy in the order of its tiles. Panels of two lines a row that
  /// do not fit the first cache come from the second either way: a copy pays where B's rows lie in pages of their own,
  /// or across lines.
  bool packs(std::int64_t height, std::int64_t slab, std::int64_t a_column, std::int64_t b_row) const {
    constexpr std::int64_t page = 4096 / sizeof(T), line = 64 / sizeof(T);
    if (!is_wide() || a_column > 1) return height >= 64;
    return height >= (slab * columns < 4 * page || b_row >= page || b_row % line ? 128 : 384);
  }
  /// How much of A a block holds: what leaves room in the second cache. Wide panels pass by so slowly that the third
  /// cache will do for rows that lie one after the other, and B is copied once.
  std::int64_t block(matrix_view<T> const& a, matrix_view<T> const& b) const {
    if (b.column != 1) return 131072;  // every panel of B is transposed again
    return a.column == 1 && is_wide() ? (2 << 20) / static_cast<std::int64_t>(sizeof(T)) : 65536;
  }

 private:
  bool is_wide() const { return columns * static_cast<int>(sizeof(T)) >= 128; }
  std::int64_t depth_of(std::int64_t elements) const {
    return elements / columns < gemm_most_depth ? elements / columns : gemm_most_depth;
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
gemm_functions<T> const& functions_for([[maybe_unused]] instruction_set set) {
  return ASHLAR_BY_SET(set, (gemm_functions_on<T, instruction_set::baseline>),
                       (gemm_functions_on<T, instruction_set::avx2>), (gemm_functions_on<T, instruction_set::avx512>));
}

/// A copy of columns of B whose rows lie in panels, from row `first` of them on: as pack makes it of rows that lie
/// together.
template <class T>
void pack_across_panels(gemm_functions<T> const& on, T* panel, T const* from, std::int64_t apart, std::int64_t first,
                        std::int64_t depth, int columns) {
  constexpr std::int64_t width = panel_distances::width;
  for (std::int64_t k = 0; k < depth;) {
    std::int64_t const at = first + k, left = width - at % width, count = depth - k < left ? depth - k : left;
    on.pack(panel + k * on.columns, from + panel_distances::place(apart, at, 0), width, count, columns);
    k += count;
  }
}

/// C += A B, or C = A B, for columns [k, k + slab) of A and as many rows of B. Panels of B that are not as the tiles
/// read them are copied. `next`: columns of A that will be copied next, if any. `finish`: of the last slab. Where B's
/// rows lie in panels, b begins with the first of all rows, and `first_row` is that of the slab.
template <class T>
[[gnu::noinline]] void multiply_slab(instruction_set set, std::int64_t rows, std::int64_t n, std::int64_t slab,
                                     matrix_view<T> const& a, matrix_view<T> const& b, T* c, std::int64_t c_row,
                                     bool add, matrix_view<T> const& next, product_finish<T> const& finish,
                                     panel_distances const& apart, std::int64_t first_row) {
  gemm_functions<T> const& on = functions_for<T>(set);
  constexpr std::int64_t line = 64 / sizeof(T);
  std::int64_t const turns = (rows + on.rows - 1) / on.rows * ((slab + line - 1) / line);
  auto const ahead = [&](T const* data, std::int64_t row) {
    return fetched_ahead<T>{data, row, slab, (slab + turns - 1) / turns};
  };
  alignas(64) T panel[gemm_long_panel_elements];
  for (std::int64_t j = 0; j < n; j += on.columns) {
    int const columns = static_cast<int>(n - j < on.columns ? n - j : on.columns);
    T const* right = b.data + panel_distances::place(apart.columns_of_b, j, j * b.column);
    T* const to = c + panel_distances::place(apart.columns_of_c, j, j);
    std::int64_t right_row = b.row, first = 0;
    fetched_beside<T> beside{j == 0 && a.column == 1};
    if (next.data && j < rows) beside.ahead[0] = ahead(next.data + j, next.column);
    if (b.column == 1 && slab >= on.rows * line && j + on.columns < n) {  // in small ones a line is near
      std::int64_t const after = j + on.columns;
      beside.ahead[1] = ahead(b.data + panel_distances::place(apart.columns_of_b, after, after), b.row);
    }
    if (apart.rows_of_b) {
      pack_across_panels(on, panel, right, apart.rows_of_b, first_row, slab, columns);
      right = panel;
      right_row = on.columns;
    } else if (b.column != 1 || columns < on.columns) {
      b.column == 1 ? on.pack_rows(panel, right, b.row, slab, columns) : on.pack(panel, right, b.column, slab, columns);
      right = panel;
      right_row = on.columns;
    } else if (on.packs(rows, slab, a.column, right_row)) {
      on.packing_tile(slab, a, right, right_row, to, c_row, add, panel);
      first = on.rows;
      right = panel;
      right_row = on.columns;
    }
    std::int64_t const at_once = finish.is_something() ? 16 * on.rows : rows;  // while they are in the first cache
    for (std::int64_t i = 0; i < rows; i += at_once, first = 0) {
      std::int64_t const height = rows - i < at_once ? rows - i : at_once, begin = i + first;
      on.panel(height - first, slab, {a.data + begin * a.row, a.row, a.column}, right, right_row, to + begin * c_row,
               c_row, add, columns, beside.is_something() ? &beside : nullptr);
      if (finish.is_something()) finish_block<T>(set, finish.at(i, j), height, columns, to + i * c_row, c_row);
    }
  }
}
/// The same with a copy of A.
template <class T>
[[gnu::noinline]] void multiply_copied_slab(instruction_set set, std::int64_t rows, std::int64_t n, std::int64_t slab,
                                            matrix_view<T> const& a, matrix_view<T> const& b, T* c, std::int64_t c_row,
                                            bool add, matrix_view<T> const& next, product_finish<T> const& finish,
                                            panel_distances const& apart, std::int64_t first_row) {
  alignas(64) T left[left_block<T>::elements];
  functions_for<T>(set).gather(left, a.data, a.column, 0, rows, slab);
  multiply_slab<T>(set, rows, n, slab, {left, slab, 0}, b, c, c_row, add, next, finish, apart, first_row);
}

/// C = A B, or C += A B: C [m, n] is dense along its columns. So many rows of A stay in a cache while panels of B pass
/// by. `apart`: what of B or C lies in panels; B's rows and columns then are distances within one.
template <class T>
[[gnu::noinline]] void multiply(instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth,
                                matrix_view<T> const& a, matrix_view<T> const& b, T* c, std::int64_t c_row, bool add,
                                product_finish<T> const& finish = {}, panel_distances const& apart = {}) {
  gemm_functions<T> const& on = functions_for<T>(set);
  bool const copies = left_block<T>::pays(a, depth, n / on.columns);
  std::int64_t const at_once = on.slab_of(depth);
  std::int64_t const elements = copies ? left_block<T>::elements : on.block(a, b);
  std::int64_t const block = elements / on.rows / (at_once + !at_once) * on.rows;
  for (std::int64_t k = 0; k < depth; k += at_once) {
    std::int64_t const slab = depth - k < at_once ? depth - k : at_once;
    matrix_view<T> const right{b.data + (apart.rows_of_b ? 0 : k * b.row), b.row, b.column};
    for (std::int64_t i = 0; i < m; i += block) {
      std::int64_t const rows = m - i < block ? m - i : block;
      matrix_view<T> const left{a.data + i * a.row + k * a.column, a.row, a.column};
      T* const to = c + i * c_row;
      product_finish<T> const end = k + at_once < depth ? product_finish<T>{} : finish.at(i, 0);
      matrix_view<T> next{nullptr, a.row, a.column};
      if (copies && i + block < m)
        next.data = left.data + block * a.row;
      else if (copies && k + at_once < depth)
        next.data = a.data + (k + at_once) * a.column;
      auto const run = copies ? multiply_copied_slab<T> : multiply_slab<T>;
      run(set, rows, n, slab, left, right, to, c_row, add || k > 0, next, end, apart, k);
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
