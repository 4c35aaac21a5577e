// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/gemm.hpp>
#include <ashlar/backend/cpu/product/product_finish.hpp>
#include <ashlar/backend/cpu/simd/lane_sums.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Products of so few rows are computed sum by sum: the other matrix, whose columns lie like rows, is read once, as it
/// lies.
inline constexpr int low_product_rows = 4;
/// Where the other matrix has no more elements, nothing is lost by computing a partial batch of so few rows as a whole
/// one: programs need not compile both.
inline constexpr std::int64_t low_product_elements = 32768;

/// How rows of B lie: so far apart, in pieces of so many elements, behind each of which so many are another row's.
struct low_rows {
  std::int64_t apart, piece, skipped = 0;
};

/// What is compiled for each instruction set.
template <instruction_set Set, class T>
struct low_product {
  using S = simd<T, Set>;
  using vector = typename S::vector;
  static constexpr int fewest = lane_sums<S, S::width>::inside;

  /// Row J of B; the last of `columns` stands in for those behind it. Few addresses reach it from two bases.
  template <int J>
  ASHLAR_INLINE static T const* row(T const* b, T const* half, std::int64_t apart, int columns) {
    int const j = J < columns ? J : columns - 1;
    return J < 8 ? b + j * apart : half + (j - 8) * apart;
  }
  /// sum[i] += x[i] * y, lane by lane.
  template <int Columns, int J, int... I>
  ASHLAR_INLINE static void add_column(vector* sum, vector const* x, T const* from, std::integer_sequence<int, I...>) {
    vector y;
    S::load(y, from);
    ((sum[I * Columns + J] += x[I] * y), ...);
  }
  template <int... I, int... J>
  ASHLAR_INLINE static void add(vector* sum, T const* a, std::int64_t a_apart, T const* b, std::int64_t b_apart,
                                int columns, std::integer_sequence<int, I...> rows, std::integer_sequence<int, J...>) {
    vector x[sizeof...(I)];
    (S::load(x[I], a + I * a_apart), ...);
    T const* const half = sizeof...(J) > 8 ? b + 8 * b_apart : b;
    (add_column<sizeof...(J), J>(sum, x, row<J>(b, half, b_apart, columns), rows), ...);
    // a row that stands in for others is one sum where the compiler sees that
    if constexpr (avoids_fused_chains && sizeof...(I) == 1) (S::add_by_one_instruction(sum[J]), ...);
  }
  /// c[i][j], for Rows rows of A and `columns` <= Columns columns of B; a row alone is finished.
  template <int Rows, int Columns>
  ASHLAR_INLINE static void sums(std::int64_t depth, T const* a, T const* b, low_rows const& lie, T* c,
                                 std::int64_t c_row, int columns, [[maybe_unused]] product_finish<T> const& f) {
    std::make_integer_sequence<int, Rows> every_row;
    std::make_integer_sequence<int, Columns> every_column;
    int const rest = static_cast<int>(depth & (S::width - 1));
    alignas(64) T left[Rows * S::width], right[Columns * S::width];
    if (rest > 0) {  // filled up with zeros
      std::memset(left, 0, sizeof left);
      std::memset(right, 0, sizeof right);
      copy_block(left, S::width, a + depth - rest, depth, Rows, rest);
      copy_block(right, S::width, b + depth - rest, lie.apart, columns, rest);
    }
    vector sum[Rows * Columns]{};
    std::int64_t whole = depth - rest, a_apart = depth, b_apart = lie.apart;
    for (bool is_rest = false;; is_rest = true) {  // one loop for whole vectors and the rest: it is compiled once
      for (; whole > 0; whole -= lie.piece, b += lie.skipped)
        for (std::int64_t k = whole < lie.piece ? whole : lie.piece; k > 0; k -= S::width, a += S::width, b += S::width)
          add(sum, a, a_apart, b, b_apart, columns, every_row, every_column);
      if (is_rest || rest == 0) break;  // there is no rest where B lies in pieces
      a = left;
      b = right;
      a_apart = b_apart = S::width;
      whole = 1;
    }
    lane_sums<S, Rows * Columns>::add(sum);
    if constexpr (Rows == 1)
      if (f.is_something()) {
        vector other;
        if (columns == S::width)
          S::load(other, f.other);
        else
          load_part<T, Set>(other, f.other, columns);
        finished_block<Set, T>::finish(f.kind, sum[0], other);
      }
    alignas(64) T lanes[S::width];
    S::store(sum[0], lanes);
    if (columns < Columns) return copy_block(c, c_row, lanes, Columns, Rows, columns);
    for (int i = 0; i < Rows; ++i) std::memcpy(c + i * c_row, lanes + i * Columns, sizeof(T) * Columns);
  }
  template <int Rows>
  ASHLAR_INLINE static void rows(std::int64_t n, std::int64_t depth, T const* a, T const* b, low_rows const& lie, T* c,
                                 std::int64_t c_row, product_finish<T> const& f) {
    constexpr int many = S::width / Rows, few = Rows == 1 ? fewest : many;
    std::int64_t j = 0;
    if constexpr (Rows == 1) {  // what a sample alone goes through: constants are worth code of their own
      for (; j + many <= n; j += many)
        sums<Rows, many>(depth, a, b + j * lie.apart, lie, c + j, c_row, many, f.at(0, j));
      if constexpr (few < many)
        for (; j + few <= n; j += few) sums<Rows, few>(depth, a, b + j * lie.apart, lie, c + j, c_row, few, f.at(0, j));
    }
    for (; j < n; j += few) {
      int const columns = n - j < few ? static_cast<int>(n - j) : few;
      sums<Rows, few>(depth, a, b + j * lie.apart, lie, c + j, c_row, columns, f.at(0, j));
    }
  }
  /// `Most`: how many rows there may be.
  template <int Most>
  ASHLAR_INLINE static void run(std::int64_t m, std::int64_t n, std::int64_t depth, T const* a, T const* b,
                                low_rows const& lie, T* c, std::int64_t c_row, product_finish<T> const& f) {
    constexpr int most = S::width < Most ? S::width : Most;
    std::int64_t i = 0;
    if constexpr (most > 1)
      for (; i + most <= m; i += most) rows<most>(n, depth, a + i * depth, b, lie, c + i * c_row, c_row, f);
    if constexpr (most > 2)
      for (; i + 2 <= m; i += 2) rows<2>(n, depth, a + i * depth, b, lie, c + i * c_row, c_row, f);
    if (i < m) rows<1>(n, depth, a + i * depth, b, lie, c + i * c_row, c_row, f);
  }
};

template <int Most, class T>
[[gnu::noinline]] ASHLAR_COMPILED_SOON void low_product_on_baseline(std::int64_t m, std::int64_t n, std::int64_t depth,
                                                                    T const* a, T const* b, low_rows const& lie, T* c,
                                                                    std::int64_t c_row) {
  low_product<instruction_set::baseline, T>::template run<Most>(m, n, depth, a, b, lie, c, c_row, {});
}
template <int Most, class T>
ASHLAR_TARGET_AVX2 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void low_product_on_avx2(std::int64_t m, std::int64_t n,
                                                                                        std::int64_t depth, T const* a,
                                                                                        T const* b, low_rows const& lie,
                                                                                        T* c, std::int64_t c_row) {
  low_product<instruction_set::avx2, T>::template run<Most>(m, n, depth, a, b, lie, c, c_row, {});
}
template <int Most, class T>
ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void low_product_on_avx512(
    std::int64_t m, std::int64_t n, std::int64_t depth, T const* a, T const* b, low_rows const& lie, T* c,
    std::int64_t c_row) {
  low_product<instruction_set::avx512, T>::template run<Most>(m, n, depth, a, b, lie, c, c_row, {});
}

/// C = A B^T for A [m, depth] and B [n, depth], both dense; Most, 1 or low_product_rows, is how many rows of A read B
/// together. B may lie in panels of its depth, so far apart.
template <class T, int Most = low_product_rows>
void multiply_low([[maybe_unused]] instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth, T const* a,
                  T const* b, T* c, std::int64_t c_row, product_finish<T> const& finish = {}, std::int64_t apart = 0) {
  constexpr std::int64_t width = panel_distances::width;
  low_rows const lie = apart ? low_rows{width, width, apart - width} : low_rows{depth, depth};
  auto const run = ASHLAR_BY_SET(set, (low_product_on_baseline<Most, T>), (low_product_on_avx2<Most, T>),
                                 (low_product_on_avx512<Most, T>));
  for (std::int64_t i = 0; i < m; i += Most)
    run(m - i < Most ? m - i : Most, n, depth, a + i * depth, b, lie, c + i * c_row, c_row);
  if (finish.is_something()) finish_block<T>(set, finish, m, n, c, c_row);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
