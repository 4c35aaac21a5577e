// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/product/matmul.hpp>
#include <ashlar/backend/cpu/product/product_without_zeros.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Products of matrices that lie in parts of others. numbers: those of matmul_kernel; how many matrices lie along the
/// last axis before them; then of both factors and the result the place of the first element, and the distances along
/// the axes before that one, along it, and between rows.
template <class Code>
struct strided_matmul_kernel {
  using T = std::conditional_t<Code::at[1] != 0, double, float>;
  static constexpr bool ta = Code::at[2] != 0, tb = Code::at[3] != 0;
  static constexpr panel_role panels = panels_in<Code>();
  static constexpr bool reads_panels = panels == panel_role::factor, makes_panels = panels == panel_role::result;

  static void run(kernel_arguments const& args) {
    std::int64_t const* const full = args.numbers;
    std::int64_t const by_rows = full[4], valid = by_rows ? full[5] * args.rows : 0;
    std::int64_t const batch = by_rows == 1 ? valid : full[0], m = by_rows == 2 ? valid : full[1];
    std::int64_t const k = by_rows == 3 ? valid : full[3];
    kernel_block const own(args, batch, m, full[2], makes_panels || (reads_panels && !tb));
    std::int64_t const rows = own.last[1] - own.first[1], columns = own.last[2] - own.first[2];
    if (rows <= 0 || columns <= 0) return;
    panel_distances apart;
    if (reads_panels) (tb ? apart.rows_of_b : apart.columns_of_b) = panel_distances::width * (tb ? full[2] : full[3]);
    if (makes_panels) apart.columns_of_c = panel_distances::width * full[1];
    for (std::int64_t p = own.first[0]; p < own.last[0]; ++p) {
      matrix_view<T> const a{matrix(args, 0, p), ta ? 1 : row(args, 0), ta ? row(args, 0) : 1};
      std::int64_t const first = own.first[2], by_column = first * (tb ? row(args, 1) : 1);
      matrix_view<T> const b{matrix(args, 1, p) + panel_distances::place(apart.columns_of_b, first, by_column),
                             tb ? 1 : row(args, 1), tb ? row(args, 1) : 1};
      T* const c =
          matrix(args, 2, p) + own.first[1] * row(args, 2) + panel_distances::place(apart.columns_of_c, first, first);
      product_without_zeros<T> const shorter(args.set, m, k, a);
      if (panels == panel_role::none && shorter.pays())
        shorter.multiply(own.first[1], rows, columns, b, c, row(args, 2));
      else
        multiply<T>(args.set, rows, columns, k, {a.data + own.first[1] * a.row, a.row, a.column}, b, c, row(args, 2),
                    false, {}, apart);
    }
  }

 private:
  static std::int64_t const* places(kernel_arguments const& args, int operand) {
    return args.numbers + 7 + 4 * operand;
  }
  static std::int64_t row(kernel_arguments const& args, int operand) { return places(args, operand)[3]; }
  static T* matrix(kernel_arguments const& args, int operand, std::int64_t p) {
    std::int64_t const* const at = places(args, operand);
    std::int64_t const along = args.numbers[6];
    return reinterpret_cast<T*>(args.operands[operand]) + at[0] + p / along * at[1] + p % along * at[2];
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
