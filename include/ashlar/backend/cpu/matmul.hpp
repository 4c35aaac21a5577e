// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/low_product.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A kernel's share of a batch of matrices: matrices, or rows, or columns in blocks that no other share writes to.
struct kernel_block {
  std::int64_t first[3]{}, last[3];

  kernel_block(kernel_arguments const& args, std::int64_t batch, std::int64_t m, std::int64_t n) : last{batch, m, n} {
    std::int64_t const unit[3] = {1, 16, 64}, units[3] = {batch, (m + 15) / 16, (n + 63) / 64};
    int axis = 0;
    for (int i = 1; i < 3; ++i)
      if (units[axis] < 4 * args.parts && units[i] > units[axis]) axis = i;
    kernel_share const own(args, last[axis], unit[axis]);
    first[axis] = own.begin;
    last[axis] = own.end < own.begin ? own.begin : own.end;
  }
};

/// numbers: batch, m, n, k, which of them follows the valid rows, its units per row.
template <class Code>
struct matmul_kernel {
  using T = std::conditional_t<Code::at[1] != 0, double, float>;
  static void run(kernel_arguments const& args) {
    constexpr bool ta = Code::at[2] != 0, tb = Code::at[3] != 0;
    std::int64_t const full_m = args.numbers[1], full_k = args.numbers[3], n = args.numbers[2];
    std::int64_t extent[4] = {0, args.numbers[0], full_m, full_k};
    extent[args.numbers[4]] = args.numbers[4] ? args.numbers[5] * args.rows : 0;
    std::int64_t const m = extent[2], k = extent[3];
    T const* a = reinterpret_cast<T const*>(args.operands[0]);
    T const* b = reinterpret_cast<T const*>(args.operands[1]);
    T* c = reinterpret_cast<T*>(args.operands[2]);
    // told by all rows, not by those of a share: the bits are to be the same for any number of threads
    bool const is_low = !ta && tb && m <= low_product_rows && k == full_k;
    kernel_block const own(args, extent[1], m, n);
    for (std::int64_t p = own.first[0]; p < own.last[0]; ++p) {
      T const* left = a + p * full_m * full_k + own.first[1] * (ta ? 1 : full_k);
      T const* right = b + p * full_k * n + own.first[2] * (tb ? full_k : 1);
      std::int64_t const rows = own.last[1] - own.first[1], columns = own.last[2] - own.first[2];
      T* const to = c + (p * full_m + own.first[1]) * n + own.first[2];
      if (is_low)
        multiply_low<T>(args.set, rows, columns, k, left, right, to, n);
      else
        multiply<T>(args.set, rows, columns, k, {left, ta ? 1 : full_k, ta ? full_m : 1},
                    {right, tb ? 1 : n, tb ? full_k : 1}, to, n, false);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
