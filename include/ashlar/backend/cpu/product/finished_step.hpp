// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>

#include <ashlar/backend/cpu/kernel.hpp>
#include <ashlar/backend/cpu/product/product_finish.hpp>
#include <ashlar/backend/cpu/product/product_tails.hpp>
#include <ashlar/backend/fused_program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The fused kernel of a step that is always done by the kernel of the product before it, but for somebody who looks at
/// every step: copies the product, and finishes the copy. Every number is computed as by the kernel of its own, which
/// is not compiled for three instruction sets then.
template <class T>
ASHLAR_COLD void finish_product(kernel_arguments const& args, product_epilogue kind, int other) {
  std::int64_t const* const n = args.numbers;
  auto const axes = static_cast<int>(n[0]);
  bool const has_column = axes == 1 && (n[4] == 0 || n[5] == 0), has_rows = axes > 1 || has_column;
  std::int64_t const width = has_column ? 1 : n[2 + axes], valid = n[2] ? n[2] * args.rows : n[3];
  kernel_share const own(args, valid);
  if (own.is_empty()) return;
  std::int64_t const each = has_rows ? width : 1, begin = own.begin * each;
  T* const c = reinterpret_cast<T*>(args.operands[2]) + begin;
  std::memmove(c, reinterpret_cast<T const*>(args.operands[1 - other]) + begin,
               static_cast<std::size_t>((own.end - own.begin) * each) * sizeof(T));
  T const* const by = reinterpret_cast<T const*>(args.operands[other]);
  if (has_rows)
    finish_block<T>(args.set, {kind, by, 0}, own.end - own.begin, width, c, width);
  else
    finish_block<T>(args.set, {kind, by + begin, 0}, 1, own.end - own.begin, c, 0);
}
/// The same for a kernel's code, which is one of those that product_tails finds.
template <int... Code>
void finished_step(kernel_arguments const& args) {
  using program = fused_program<kernel_code<Code...>>;
  using number = std::conditional_t<kernel_code<Code...>::at[fused_code::wide] != 0, double, float>;
  constexpr bool masks = program::code(0) == op::equal;
  constexpr product_epilogue kind = masks                 ? product_epilogue::relu_gradient
                                    : program::count == 1 ? product_epilogue::bias
                                                          : product_epilogue::bias_and_relu;
  // a mask is told by the code; the operand that is the same for all rows is the bias, as is either one of a single
  // row, unless the product lies where the result will
  std::int64_t const* const n = args.numbers;
  bool const is_first = n[0] > 1 ? n[5] == 0 : args.operands[1] == args.operands[2];
  int const other = masks ? -1 - program::argument(0, 0) : is_first ? 0 : 1;
  finish_product<number>(args, kind, other);
}

/// Whether each step of a kernel is done by that of a product of matrices: a convolution's has a number for each
/// channel.
template <class Program>
constexpr bool finishes_products(int kernel) {
  constexpr auto const& tables = Program::tables;
  bool is_used = false;
  for (int s = 0; s < tables.sizes.steps; ++s) {
    if (tables.steps[s].kernel != kernel) continue;
    if (!product_tails<Program>::found.is_done[s] || step_tables(tables).t.steps[s].inputs > 2) return false;
    for (int p = 0; p < s; ++p)
      if (product_tails<Program>::found.of[p].step == s && !step_tables(tables).is_a(kernel_kind::matmul, p))
        return false;
    is_used = true;
  }
  return is_used;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
