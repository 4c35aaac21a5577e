// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/gemm.hpp>
#include <ashlar/backend/cpu/product/product_finish.hpp>
#include <ashlar/backend/cpu/simd/part_access.hpp>
#include <ashlar/backend/cpu/simd/unroll.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Products of so few rows by a large matrix are about reading it.
inline constexpr int row_product_rows = 16;
/// Of so few samples a weight gradient is about memory, not arithmetic.
inline constexpr int shallow_depth = 4;

/// How a product of rows goes: each row of a product of small depth on its own, as stores are what counts; panel by
/// panel of B, where sums have two parts, as one alone waits for itself; or from front to back through rows of B, as
/// memory is read fastest.
enum class row_order { shallow, panels, along };

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

/// What is compiled for each instruction set.
template <instruction_set Set, class T>
struct row_product {
  using S = simd<T, Set>;
  using vector = typename S::vector;
  static constexpr int sum_elements = 16384 / sizeof(T);               // half of the first cache
  static constexpr int many = Set == instruction_set::avx512 ? 8 : 4;  // vectors of sums, twice, stay in registers

  /// Sums of as many vectors of columns as there are numbers J, each in as many parts.
  template <int Parts, int... J>
  struct block {
    vector sum[Parts][sizeof...(J)]{};

    template <int Part, class Load>
    ASHLAR_INLINE void add(T left, std::int64_t k, Load const& load) {
      vector right[sizeof...(J)];
      load(right, k);
      ((sum[Part][J] += left * right[J]), ...);
      if constexpr (sizeof...(J) == 1) S::add_by_one_instruction(sum[Part][0]);
    }
    /// load(right, k): row k of B.
    template <class Load>
    ASHLAR_INLINE void run(std::int64_t depth, T const* a, std::int64_t apart, Load load) {
      std::int64_t k = 0;
      if constexpr (Parts == 2)
        for (; k + 2 <= depth; k += 2) {
          add<0>(a[k * apart], k, load);
          add<1>(a[(k + 1) * apart], k + 1, load);
        }
      for (; k < depth; ++k) add<0>(a[k * apart], k, load);
      if constexpr (Parts == 2) ((sum[0][J] += sum[1][J]), ...);
    }
  };
  /// Rows of B, in whole vectors and in part of one.
  struct whole_vectors {
    T const* b;
    std::int64_t b_row;

    template <std::size_t Count>
    ASHLAR_INLINE void operator()(vector (&right)[Count], std::int64_t k) const {
      ASHLAR_UNROLL_UP_TO(8)
      for (std::size_t j = 0; j < Count; ++j)
        S::load(right[j], b + k * b_row + static_cast<std::int64_t>(j) * S::width);
    }
  };
  struct part_of_vector {
    T const* b;
    std::int64_t b_row;
    int columns;

    ASHLAR_INLINE void operator()(vector (&right)[1], std::int64_t k) const {
      load_part<T, Set>(right[0], b + k * b_row, columns);
    }
  };
  template <int Parts, int... J>
  ASHLAR_INLINE static void panel(std::int64_t depth, T const* a, std::int64_t apart, T const* b, std::int64_t b_row,
                                  T* c, product_finish<T> const& f, std::integer_sequence<int, J...>) {
    block<Parts, J...> of;
    of.run(depth, a, apart, whole_vectors{b, b_row});
    if constexpr (Parts > 1)
      if (f.is_something()) (finish(f, of.sum[0][J], J * S::width, S::width), ...);
    (S::store(of.sum[0][J], c + J * S::width), ...);
  }
  /// `count` sums of a row, at column `at`.
  ASHLAR_INLINE static void finish(product_finish<T> const& f, vector& sum, int at, int count) {
    vector other;
    if (count == S::width)
      S::load(other, f.other + at);
    else
      load_part<T, Set>(other, f.other + at, count);
    finished_block<Set, T>::finish(f.kind, sum, other);
  }
  template <int Parts, int Vectors>
  ASHLAR_INLINE static void panels(std::int64_t j, std::int64_t n, std::int64_t depth, T const* a, std::int64_t apart,
                                   T const* b, std::int64_t b_row, T* c, product_finish<T> const& f) {
    constexpr int whole = Vectors * S::width;
    // the last columns, if more than half as many, with some that are there already: sums of few wait for themselves
    for (; j + whole <= n || (Parts > 1 && Vectors > 1 && n >= whole && n - j > whole / 2); j += whole) {
      if (Parts > 1 && j + whole > n) j = n - whole;
      panel<Parts>(depth, a, apart, b + j, b_row, c + j, f.at(0, j), std::make_integer_sequence<int, Vectors>{});
    }
    if constexpr (Vectors > 1) {
      panels<Parts, (Parts > 1 ? Vectors / 2 : 1)>(j, n, depth, a, apart, b, b_row, c, f);
    } else if (j < n) {
      int const columns = static_cast<int>(n - j);
      block<Parts, 0> of;
      of.run(depth, a, apart, part_of_vector{b + j, b_row, columns});
      if constexpr (Parts > 1)
        if (f.is_something()) finish(f.at(0, j), of.sum[0][0], 0, columns);
      store_part<T, Set>(of.sum[0][0], c + j, columns);
    }
  }

  /// Adds to `sums`, [m, apart], the products of a block of A, [m, as many as there are numbers Q], and rows of B.
  template <int... Q>
  ASHLAR_INLINE static void pass(std::int64_t m, std::int64_t n, T const* left, T const* b, std::int64_t b_row, T* sums,
                                 std::int64_t apart, std::integer_sequence<int, Q...>) {
    constexpr int count = sizeof...(Q);
    std::int64_t j = 0;
    vector right[count];
    for (; j + S::width <= n; j += S::width) {
      (S::load(right[Q], b + Q * b_row + j), ...);
      for (std::int64_t i = 0; i < m; ++i) {
        vector sum;
        S::load(sum, sums + i * apart + j);
        ((sum += left[i * count + Q] * right[Q]), ...);
        S::store(sum, sums + i * apart + j);
      }
    }
    if (j == n) return;
    (load_part<T, Set>(right[Q], b + Q * b_row + j, static_cast<int>(n - j)), ...);
    for (std::int64_t i = 0; i < m; ++i) {
      vector sum;
      S::load(sum, sums + i * apart + j);
      ((sum += left[i * count + Q] * right[Q]), ...);
      S::store(sum, sums + i * apart + j);
    }
  }
  template <int... Q>
  ASHLAR_INLINE static void pass_of(std::int64_t m, std::int64_t n, matrix_view<T> a, T const* b, std::int64_t b_row,
                                    T* sums, std::int64_t apart, std::integer_sequence<int, Q...> rows) {
    T left[row_product_rows * sizeof...(Q)];
    for (std::int64_t i = 0; i < m; ++i)
      ((left[i * static_cast<int>(sizeof...(Q)) + Q] = a.data[i * a.row + Q * a.column]), ...);
    pass(m, n, left, b, b_row, sums, apart, rows);
  }
  /// Columns of C, which lie together while they are summed up: rows of matrices share few places of a cache. Nor are
  /// they a power of two apart, as a load waits for a store of another page that ends like it.
  ASHLAR_INLINE static void columns(std::int64_t m, std::int64_t n, std::int64_t depth, matrix_view<T> a, T const* b,
                                    std::int64_t b_row, T* c, std::int64_t c_row, std::int64_t apart) {
    alignas(64) T sums[sum_elements + row_product_rows * S::width];
    std::memset(sums, 0, static_cast<std::size_t>(m * apart) * sizeof(T));
    std::int64_t k = 0;
    for (; k + 8 <= depth; k += 8, a.data += 8 * a.column, b += 8 * b_row)
      pass_of(m, n, a, b, b_row, sums, apart, std::make_integer_sequence<int, 8>{});
    for (; k < depth; ++k, a.data += a.column, b += b_row)
      pass_of(m, n, a, b, b_row, sums, apart, std::make_integer_sequence<int, 1>{});
    for (std::int64_t i = 0; i < m; ++i)
      std::memcpy(c + i * c_row, sums + i * apart, static_cast<std::size_t>(n) * sizeof(T));
  }

  /// Rows that are numbers times one row, of which whole vectors J stay in registers.
  template <int... J>
  ASHLAR_INLINE static void outer(std::int64_t m, matrix_view<T> const& a, T const* b, T* c, std::int64_t c_row,
                                  std::integer_sequence<int, J...>) {
    vector right[sizeof...(J)];
    (S::load(right[J], b + J * S::width), ...);
    for (std::int64_t i = 0; i < m; ++i, c += c_row) {
      vector sum[sizeof...(J)]{};
      ((sum[J] += a.data[i * a.row] * right[J]), ...);
      (S::store(sum[J], c + J * S::width), ...);
    }
  }

  template <row_order Order>
  ASHLAR_INLINE static void run(std::int64_t m, std::int64_t n, std::int64_t depth, matrix_view<T> a, T const* b,
                                std::int64_t b_row, T* c, std::int64_t c_row, product_finish<T> f) {
    if constexpr (Order == row_order::shallow) {
      for (; depth == 1 && n >= 4 * S::width; n -= 4 * S::width, b += 4 * S::width, c += 4 * S::width)
        outer(m, a, b, c, c_row, std::make_integer_sequence<int, 4>{});
      if (n == 0) return;
    }
    if constexpr (Order == row_order::along) {
      std::int64_t const block = sum_elements / m / S::width * S::width;
      for (std::int64_t j = 0; j < n; j += block) {
        std::int64_t const width = n - j < block ? n - j : block;
        columns(m, width, depth, a, b + j, b_row, c + j, c_row, block + S::width);
        if (f.is_something()) finished_block<Set, T>::run(f.at(0, j), m, width, c + j, c_row);
      }
    } else {
      constexpr bool is_shallow = Order == row_order::shallow;
      for (; m > 0; --m, a.data += a.row, c += c_row) {
        panels<(is_shallow ? 1 : 2), (is_shallow ? 4 : many)>(0, n, depth, a.data, a.column, b, b_row, c, f);
        if constexpr (!is_shallow) f = f.at(1, 0);
      }
    }
  }
};
#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

/// What is done to columns that were summed from front to back, while they are near; to others, of one row, afterwards.
template <row_order Order, class T>
ASHLAR_INLINE product_finish<T> finish_of_rows(product_finish<T> const& f) {
  return Order == row_order::along ? f : product_finish<T>{};
}

template <row_order Order, class T>
[[gnu::noinline]] ASHLAR_COMPILED_SOON void rows_on_baseline(std::int64_t m, std::int64_t n, std::int64_t depth,
                                                             matrix_view<T> const& a, T const* b, std::int64_t b_row,
                                                             T* c, std::int64_t c_row, product_finish<T> const& f) {
  row_product<instruction_set::baseline, T>::template run<Order>(m, n, depth, a, b, b_row, c, c_row,
                                                                 finish_of_rows<Order, T>(f));
}
template <row_order Order, class T>
ASHLAR_TARGET_AVX2 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void rows_on_avx2(
    std::int64_t m, std::int64_t n, std::int64_t depth, matrix_view<T> const& a, T const* b, std::int64_t b_row, T* c,
    std::int64_t c_row, product_finish<T> const& f) {
  row_product<instruction_set::avx2, T>::template run<Order>(m, n, depth, a, b, b_row, c, c_row,
                                                             finish_of_rows<Order, T>(f));
}
template <row_order Order, class T>
ASHLAR_TARGET_AVX512 [[gnu::noinline]] ASHLAR_FUSED_MULTIPLY_ADD void rows_on_avx512(
    std::int64_t m, std::int64_t n, std::int64_t depth, matrix_view<T> const& a, T const* b, std::int64_t b_row, T* c,
    std::int64_t c_row, product_finish<T> const& f) {
  row_product<instruction_set::avx512, T>::template run<Order>(m, n, depth, a, b, b_row, c, c_row,
                                                               finish_of_rows<Order, T>(f));
}

/// C = A B: A is read at a.data[i * a.row + k * a.column], rows of B and C are dense. Shallow products have the numbers
/// of multiply, bit for bit, and no finish. (What is given by reference was stored in two halves, and is read so.)
template <row_order Order, class T>
void multiply_rows([[maybe_unused]] instruction_set set, std::int64_t m, std::int64_t n, std::int64_t depth,
                   matrix_view<T> const& a, T const* b, std::int64_t b_row, T* c, std::int64_t c_row,
                   product_finish<T> const& finish = {}) {
  auto const run =
      ASHLAR_BY_SET(set, (rows_on_baseline<Order, T>), (rows_on_avx2<Order, T>), (rows_on_avx512<Order, T>));
  run(m, n, depth, a, b, b_row, c, c_row, finish);
  if (Order == row_order::panels && finish.is_something()) finish_block<T>(set, finish, m, n, c, c_row);
}

/// Whether B [depth, n] is so large and so wide that how it is read is what counts.
template <class T>
constexpr bool is_read_along(std::int64_t n, std::int64_t depth) {
  constexpr std::int64_t cached = 1 << 20;
  return n >= 512 && n * depth * static_cast<std::int64_t>(sizeof(T)) > cached;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
