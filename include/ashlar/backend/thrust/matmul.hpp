// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/kernel_code.hpp>
#include <ashlar/backend/thrust/factors.hpp>
#include <ashlar/backend/thrust/kernel_values.hpp>
#include <ashlar/backend/thrust/packet.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Sums of products for some rows of results, each a packet: blocks of 256 products are summed on their own, so that a
/// sum's error does not grow with its length.
template <class T, int Rows>
struct product_tile {
  static constexpr int lanes = packet_size<T>;
  static constexpr int block = 256;
  packet<T, lanes> sum[Rows], total[Rows];
  int added = 0;

  ASHLAR_INLINE ASHLAR_HD product_tile() {
    ASHLAR_UNROLL
    for (int i = 0; i < Rows; ++i) {
      splat(sum[i], T{});
      splat(total[i], T{});
    }
  }
  ASHLAR_INLINE ASHLAR_HD void add(int row, T a, packet<T, lanes> const& b) {
    ASHLAR_UNROLL
    for (int k = 0; k < lanes; ++k) sum[row].at[k] += a * b.at[k];
  }
  /// After each product of all rows.
  ASHLAR_INLINE ASHLAR_HD void next() {
    if (++added == block) finish();
  }
  ASHLAR_INLINE ASHLAR_HD void finish() {
    added = 0;
    ASHLAR_UNROLL
    for (int i = 0; i < Rows; ++i) {
      ASHLAR_UNROLL
      for (int k = 0; k < lanes; ++k) total[i].at[k] += sum[i].at[k];
      splat(sum[i], T{});
    }
  }
};

template <bool Rounds, class T, int N>
ASHLAR_INLINE ASHLAR_HD void round_factors(packet<T, N>& p) {
  ASHLAR_UNROLL
  for (int k = 0; k < N; ++k) p.at[k] = as_factor<Rounds>(p.at[k]);
}

/// A batch of products of matrices, some rows of a packet of columns to a thread. Codes: kind, whether of doubles,
/// which factors are transposed, whether they are rounded to bf16. numbers: batch, m, n, k, which of them follows the
/// valid rows (1 batch, 2 m, 3 k), its units per row.
template <int... Codes>
struct matmul_functor {
  using code = kernel_code<Codes...>;
  using T = std::conditional_t<code::at[1] != 0, double, float>;
  static constexpr bool ta = code::at[2] != 0, tb = code::at[3] != 0, rounds = rounds_in<code, 4>();
  static constexpr int operands = 3, lanes = packet_size<T>, rows = 4;
  static constexpr bool cooperates = false;

  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) {
    return n[0] * parts_of_size(n[1], rows) * parts_of_size(n[2], lanes);
  }
  static std::int64_t packets(std::int64_t const* n) { return n[3] * rows; }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    std::int64_t const* const numbers = given.numbers;
    std::int64_t const full_m = numbers[1], n = numbers[2], full_k = numbers[3], kind = numbers[4];
    std::int64_t const batch = given.valid(numbers[0], kind == 1 ? numbers[5] : 0);
    std::int64_t const m = given.valid(full_m, kind == 2 ? numbers[5] : 0);
    std::int64_t const depth = given.valid(full_k, kind == 3 ? numbers[5] : 0);
    std::int64_t const row_parts = parts_of_size(full_m, rows), column_parts = parts_of_size(n, lanes);
    std::int64_t const column = unit % column_parts * lanes, row = unit / column_parts % row_parts * rows;
    std::int64_t const matrix = unit / column_parts / row_parts;
    if (matrix >= batch || row >= m) return;
    int const columns = n - column < lanes ? static_cast<int>(n - column) : lanes;
    int const used = m - row < rows ? static_cast<int>(m - row) : rows;
    T const* const a = given.template at<T const>(0) + matrix * full_m * full_k + row * (ta ? 1 : full_k);
    T const* const b = given.template at<T const>(1) + matrix * full_k * n + column * (tb ? full_k : 1);
    product_tile<T, rows> tile;
    for (std::int64_t k = 0; k < depth; ++k) {
      packet<T, lanes> right;
      if constexpr (tb) {
        ASHLAR_UNROLL
        for (int j = 0; j < lanes; ++j) right.at[j] = j < columns ? b[j * full_k + k] : T{};
      } else {
        load(right, b + k * n, columns);
      }
      round_factors<rounds>(right);
      ASHLAR_UNROLL
      for (int i = 0; i < rows; ++i)
        tile.add(i, i < used ? as_factor<rounds>(a[ta ? k * full_m + i : i * full_k + k]) : T{}, right);
      tile.next();
    }
    tile.finish();
    T* const c = given.template at<T>(2) + (matrix * full_m + row) * n + column;
    ASHLAR_UNROLL
    for (int i = 0; i < rows; ++i)
      if (i < used) store(tile.total[i], c + i * n, columns);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
