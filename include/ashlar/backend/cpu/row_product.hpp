// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/gemm.hpp>
#include <ashlar/backend/cpu/part_access.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Products of so few rows are computed row by row, as the other matrix lies.
inline constexpr int row_product_rows = 4;

/// How a product of rows goes: each row of a product of small depth on its own, as stores are what counts; panel by
/// panel of B, where sums have two parts, as one alone waits for itself; or from front to back through rows of B, as
/// memory is read fastest.
enum class row_order { shallow, panels, along };

/// What is compiled for each instruction set.
template <instruction_set Set, class T>
struct row_product {
  using S = simd<T, Set>;
  using vector = typename S::vector;
  static constexpr int many = Set == instruction_set::avx512 ? 8 : 4;  // vectors of sums, twice, stay in registers

  /// Sums of Rows rows and as many vectors of columns as there are numbers J, each in as many parts.
  template <int Parts, int Rows, int... J>
  struct block {
    vector sum[Parts][Rows][sizeof...(J)]{};

    template <int Part, class Load>
    ASHLAR_INLINE void add(matrix_view<T> a, std::int64_t k, Load& load) {
      vector right[sizeof...(J)];
      load(right, k);
      for (int i = 0; i < Rows; ++i) {
        T const left = a.data[i * a.row + k * a.column];
        ((sum[Part][i][J] += left * right[J]), ...);
      }
    }
    /// load(right, k): row k of B.
    template <class Load>
    ASHLAR_INLINE void run(std::int64_t depth, matrix_view<T> a, Load load) {
      std::int64_t k = 0;
      if constexpr (Parts == 2)
        for (; k + 2 <= depth; k += 2) {
          add<0>(a, k, load);
          add<1>(a, k + 1, load);
        }
      for (; k < depth; ++k) add<0>(a, k, load);
      if constexpr (Parts == 2)
        for (int i = 0; i < Rows; ++i) ((sum[0][i][J] += sum[1][i][J]), ...);
    }
  };
  template <int Parts, int Rows, int... J>
  ASHLAR_INLINE static void panel(std::int64_t depth, matrix_view<T> a, T const* b, std::int64_t b_row, T* c,
                                  std::int64_t c_row, std::integer_sequence<int, J...>) {
    block<Parts, Rows, J...> of;
    of.run(
        depth, a, [&](vector * right, std::int64_t k) __attribute__((always_inline)) {
          (S::load(right[J], b + k * b_row + J * S::width), ...);
        });
    for (int i = 0; i < Rows; ++i) (S::store(of.sum[0][i][J], c + i * c_row + J * S::width), ...);
  }
  template <int Parts, int Rows>
  ASHLAR_INLINE static void last_panel(std::int64_t depth, matrix_view<T> a, T const* b, std::int64_t b_row, T* c,
                                       std::int64_t c_row, int columns) {
    block<Parts, Rows, 0> of;
    of.run(
        depth, a, [&](vector * right, std::int64_t k) __attribute__((always_inline)) {
          load_part<T, Set>(right[0], b + k * b_row, columns);
        });
    for (int i = 0; i < Rows; ++i) store_part<T, Set>(of.sum[0][i][0], c + i * c_row, columns);
  }
  template <int Parts, int Rows, int Vectors>
  ASHLAR_INLINE static void panels(std::int64_t j, std::int64_t n, std::int64_t depth, matrix_view<T> a, T const* b,
                                   std::int64_t b_row, T* c, std::int64_t c_row) {
    for (; j + Vectors * S::width <= n; j += Vectors * S::width)
      panel<Parts, Rows>(depth, a, b + j, b_row, c + j, c_row, std::make_integer_sequence<int, Vectors>{});
    if constexpr (Vectors > 1)
      panels<Parts, Rows, (Parts > 1 ? Vectors / 2 : 1)>(j, n, depth, a, b, b_row, c, c_row);
    else if (j < n)
      last_panel<Parts, Rows>(depth, a, b + j, b_row, c + j, c_row, static_cast<int>(n - j));
  }
  template <int Parts, int Rows>
  ASHLAR_INLINE static void rows(std::int64_t i, std::int64_t m, std::int64_t n, std::int64_t depth, matrix_view<T> a,
                                 T const* b, std::int64_t b_row, T* c, std::int64_t c_row) {
    for (; i + Rows <= m; i += Rows)
      panels<Parts, Rows, many / Rows>(0, n, depth, {a.data + i * a.row, a.row, a.column}, b, b_row, c + i * c_row,
                                       c_row);
    if constexpr (Rows > 1) rows<Parts, Rows / 2>(i, m, n, depth, a, b, b_row, c, c_row);
  }
  /// One pass over the columns, with as many rows of B as there are numbers Q.
  template <int Rows, int... Q>
  ASHLAR_INLINE static void pass(std::int64_t n, matrix_view<T> a, T const* b, std::int64_t b_row, T* c,
                                 std::int64_t c_row, bool adds, std::integer_sequence<int, Q...>) {
    constexpr int count = sizeof...(Q);
    vector left[Rows][count];
    for (int i = 0; i < Rows; ++i) (S::splat(left[i][Q], a.data[i * a.row + Q * a.column]), ...);
    std::int64_t j = 0;
    for (; j + S::width <= n; j += S::width) {
      vector right[count];
      (S::load(right[Q], b + Q * b_row + j), ...);
      for (int i = 0; i < Rows; ++i) {
        vector sum{};
        if (adds) S::load(sum, c + i * c_row + j);
        ((sum += left[i][Q] * right[Q]), ...);
        S::store(sum, c + i * c_row + j);
      }
    }
    if (j == n) return;
    int const rest = static_cast<int>(n - j);
    vector right[count];
    (load_part<T, Set>(right[Q], b + Q * b_row + j, rest), ...);
    for (int i = 0; i < Rows; ++i) {
      vector sum{};
      if (adds) load_part<T, Set>(sum, c + i * c_row + j, rest);
      ((sum += left[i][Q] * right[Q]), ...);
      store_part<T, Set>(sum, c + i * c_row + j, rest);
    }
  }
  template <int Rows>
  ASHLAR_INLINE static void passes(std::int64_t n, std::int64_t depth, matrix_view<T> a, T const* b, std::int64_t b_row,
                                   T* c, std::int64_t c_row) {
    constexpr int at_once = Rows > 2 ? 4 : 8;
    std::int64_t k = 0;
    auto next = [&](auto count) __attribute__((always_inline)) {
      pass<Rows>(n, {a.data + k * a.column, a.row, a.column}, b + k * b_row, b_row, c, c_row, k > 0, count);
    };
    for (; k + at_once <= depth; k += at_once) next(std::make_integer_sequence<int, at_once>{});
    for (; k < depth; ++k) next(std::make_integer_sequence<int, 1>{});
  }
  template <int Rows>
  ASHLAR_INLINE static void rows_along(std::int64_t i, std::int64_t m, std::int64_t n, std::int64_t depth,
                                       matrix_view<T> a, T const* b, std::int64_t b_row, T* c, std::int64_t c_row) {
    for (; i + Rows <= m; i += Rows)
      passes<Rows>(n, depth, {a.data + i * a.row, a.row, a.column}, b, b_row, c + i * c_row, c_row);
    if constexpr (Rows > 1) rows_along<Rows / 2>(i, m, n, depth, a, b, b_row, c, c_row);
  }
  template <row_order Order>
  ASHLAR_INLINE static void run(std::int64_t m, std::int64_t n, std::int64_t depth, matrix_view<T> a, T const* b,
                                std::int64_t b_row, T* c, std::int64_t c_row) {
    if constexpr (Order == row_order::shallow)
      rows<1, 1>(0, m, n, depth, a, b, b_row, c, c_row);
    else if constexpr (Order == row_order::panels)
      rows<2, row_product_rows>(0, m, n, depth, a, b, b_row, c, c_row);
    else
      rows_along<row_product_rows>(0, m, n, depth, a, b, b_row, c, c_row);
  }
};

template <row_order Order, class T>
[[gnu::noinline]] void rows_on_baseline(std::int64_t m, std::int64_t n, std::int64_t depth, matrix_view<T> a,
                                        T const* b, std::int64_t b_row, T* c, std::int64_t c_row) {
  row_product<instruction_set::baseline, T>::template run<Order>(m, n, depth, a, b, b_row, c, c_row);
}
template <row_order Order, class T>
ASHLAR_TARGET_AVX2 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void rows_on_avx2(std::int64_t m, std::int64_t n,
                                                                                 std::int64_t depth, matrix_view<T> a,
                                                                                 T const* b, std::int64_t b_row, T* c,
                                                                                 std::int64_t c_row) {
  row_product<instruction_set::avx2, T>::template run<Order>(m, n, depth, a, b, b_row, c, c_row);
}
template <row_order Order, class T>
ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void rows_on_avx512(std::int64_t m, std::int64_t n,
                                                                                     std::int64_t depth,
                                                                                     matrix_view<T> a, T const* b,
                                                                                     std::int64_t b_row, T* c,
                                                                                     std::int64_t c_row) {
  row_product<instruction_set::avx512, T>::template run<Order>(m, n, depth, a, b, b_row, c, c_row);
}

/// C = A B: A is read at a.data[i * a.row + k * a.column], rows of B and C are dense. Shallow products have the numbers
/// of multiply, bit for bit.
template <row_order Order, class T>
void multiply_rows(instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth, matrix_view<T> a,
                   T const* b, std::int64_t b_row, T* c, std::int64_t c_row) {
  switch (set) {
    case instruction_set::avx512: return rows_on_avx512<Order>(m, n, depth, a, b, b_row, c, c_row);
    case instruction_set::avx2: return rows_on_avx2<Order>(m, n, depth, a, b, b_row, c, c_row);
    default: return rows_on_baseline<Order>(m, n, depth, a, b, b_row, c, c_row);
  }
}

/// Whether B [depth, n] is so large and so wide that how it is read is what counts.
template <class T>
bool is_read_along(std::int64_t n, std::int64_t depth) {
  constexpr std::int64_t cached = 1 << 20;
  return n >= 512 && n * depth * static_cast<std::int64_t>(sizeof(T)) > cached;
}
/// C = A B of dense matrices [m, depth] and [depth, n], of which these are m rows and `columns` columns.
template <class T>
void multiply_few_rows(instruction_set set, std::int64_t m, std::int64_t columns, std::int64_t n, std::int64_t depth,
                       T const* a, T const* b, T* c) {
  matrix_view<T> const left{a, depth, 1};
  if (is_read_along<T>(n, depth)) return multiply_rows<row_order::along>(set, m, columns, depth, left, b, n, c, n);
  multiply_rows<row_order::panels>(set, m, columns, depth, left, b, n, c, n);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
