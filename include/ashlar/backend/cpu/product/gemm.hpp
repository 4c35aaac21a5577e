// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/kernel.hpp>
#include <ashlar/backend/cpu/product/gemm_tiles.hpp>
#include <ashlar/backend/cpu/product/product_finish.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// g++ fuses a product and a sum only where it is told to, and by -O1 (of which no macro tells) among expensive passes;
/// clang does within an expression.
#if defined(__GNUC__) && !defined(__clang__)
#define ASHLAR_FUSED_MULTIPLY_ADD __attribute__((optimize("fp-contract=fast", "expensive-optimizations")))
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
  void (*gather_rows)(T* to, T const* from, std::int64_t distance, std::int64_t i, std::int64_t m, std::int64_t depth);
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
/// None where panels are so wide that the third cache will do for rows of A.
template <class T, instruction_set Set>
constexpr auto row_gather_on() -> decltype(gemm_functions<T>::gather_rows) {
  if constexpr (Set == instruction_set::avx2) return left_block<T>::template gather_rows<gemm_tile<Set, T>::rows>;
  return nullptr;
}
template <class T, instruction_set Set>
inline constexpr gemm_functions<T> gemm_functions_on{gemm_on<T, Set>::panel,
                                                     gemm_on<T, Set>::packing_tile,
                                                     gemm_on<T, Set>::pack,
                                                     gemm_on<T, Set>::pack_rows,
                                                     left_block<T>::template gather<gemm_tile<Set, T>::rows>,
                                                     row_gather_on<T, Set>(),
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
    for (std::int64_t i = 0, height; i < rows; i += height, first = 0) {
      std::int64_t const begin = i + first;  // rows less than a tile are not left alone: A may lie in other tiles
      height = rows - i < at_once + on.rows ? rows - i : at_once;
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
  alignas(64) T left[left_block<T>::elements_of_rows];
  gemm_functions<T> const& on = functions_for<T>(set);
  if (a.column == 1)
    on.gather_rows(left, a.data, a.row, 0, rows, slab);
  else
    on.gather(left, a.data, a.column, 0, rows, slab);
  multiply_slab<T>(set, rows, n, slab, {left, slab, 0}, b, c, c_row, add, next, finish, apart, first_row);
}

/// C = A B, or C += A B: C [m, n] is dense along its columns. So many rows of A stay in a cache while panels of B pass
/// by. `apart`: what of B or C lies in panels; B's rows and columns then are distances within one.
template <class T>
[[gnu::noinline]] void multiply(instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth,
                                matrix_view<T> const& a, matrix_view<T> const& b, T* c, std::int64_t c_row, bool add,
                                product_finish<T> const& finish = {}, panel_distances const& apart = {}) {
  gemm_functions<T> const& on = functions_for<T>(set);
  bool const copies_rows = on.gather_rows && left_block<T>::pays_by_rows(a, m, depth, n / on.columns);
  bool const copies_columns = left_block<T>::pays(a, depth, n / on.columns), copies = copies_rows || copies_columns;
  std::int64_t const at_once = on.slab_of(depth);
  std::int64_t const elements = copies_rows      ? left_block<T>::elements_of_rows
                                : copies_columns ? left_block<T>::elements
                                                 : on.block(a, b);
  // blocks of about as many rows: a small one would read all of B for itself, and too seldom to copy it
  std::int64_t const most = elements / on.rows / (at_once + !at_once) * on.rows, blocks = (m + most - 1) / most;
  std::int64_t const block = blocks < 2 ? most : ((m + blocks - 1) / blocks + on.rows - 1) / on.rows * on.rows;
  for (std::int64_t k = 0; k < depth; k += at_once) {
    std::int64_t const slab = depth - k < at_once ? depth - k : at_once;
    matrix_view<T> const right{b.data + (apart.rows_of_b ? 0 : k * b.row), b.row, b.column};
    for (std::int64_t i = 0; i < m; i += block) {
      std::int64_t const rows = m - i < block ? m - i : block;
      matrix_view<T> const left{a.data + i * a.row + k * a.column, a.row, a.column};
      T* const to = c + i * c_row;
      product_finish<T> const end = k + at_once < depth ? product_finish<T>{} : finish.at(i, 0);
      matrix_view<T> next{nullptr, a.row, a.column};
      if (copies_columns && i + block < m)
        next.data = left.data + block * a.row;
      else if (copies_columns && k + at_once < depth)
        next.data = a.data + (k + at_once) * a.column;
      auto const run = copies ? multiply_copied_slab<T> : multiply_slab<T>;
      run(set, rows, n, slab, left, right, to, c_row, add || k > 0, next, end, apart, k);
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
