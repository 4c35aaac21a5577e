// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/finite_watch.hpp>
#include <ashlar/backend/fused_program.hpp>
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Questions to a program's tables.
template <class Tables>
class step_tables {
 public:
  using layout = fused_code;
  constexpr explicit step_tables(Tables const& tables) : t(tables) {}

  constexpr int code(int step, int i) const { return t.code[t.kernel_begin[t.steps[step].kernel] + i]; }
  constexpr bool is_a(kernel_kind k, int step) const {
    return t.steps[step].kernel >= 0 && code(step, 0) == static_cast<int>(k);
  }
  constexpr std::int64_t const* numbers(int step) const { return t.numbers + t.steps[step].numbers; }
  constexpr int operand(int step, int k) const { return t.steps[step].operands + k; }
  constexpr address const& place_of(int step, int k) const { return t.operands[operand(step, k)]; }
  constexpr std::int64_t bytes(int operand) const { return bytes_between(t.values[operand]); }
  constexpr bool is_same(address const& a, address const& b) const {
    return a.place == b.place && a.offset == b.offset;
  }
  constexpr bool overlap(int a, int b) const {
    address const &x = t.operands[a], &y = t.operands[b];
    return x.place == y.place && x.offset < y.offset + bytes(b) && y.offset < x.offset + bytes(a);
  }
  /// Whether a step that is no loop reads, or writes, what lies at an operand.
  constexpr bool reads(int step, int operand) const {
    for (int k = 0; k < t.steps[step].inputs; ++k)
      if (overlap(t.steps[step].operands + k, operand)) return true;
    return false;
  }
  constexpr bool writes(int step, int operand) const {
    step_entry const& s = t.steps[step];
    for (int k = s.inputs; k < s.operand_count; ++k)  // a workspace too
      if (overlap(s.operands + k, operand)) return true;
    return false;
  }
  constexpr bool is_output(int operand) const {
    for (int k = 0; k < t.sizes.outputs; ++k) {
      address const &at = t.outputs[k].at, &made = t.operands[operand];
      if (at.place == made.place && at.offset >= made.offset && at.offset < made.offset + bytes(operand)) return true;
    }
    return false;
  }
  /// A fused kernel's instruction and its operands: the fields of `fused_code`.
  constexpr int field(int step, int i, int f) const {
    int const c =
        code(step, layout::head + code(step, layout::inputs) * layout::input_size + i * layout::instruction_size + f);
    return f == 0 ? layout::without_lane(c) : c;
  }
  constexpr int output_field(int step, int f) const {
    return code(step, layout::head + code(step, layout::inputs) * layout::input_size +
                          code(step, layout::instructions) * layout::instruction_size + f);
  }
  /// Whether an instruction is that operation of these operands, in this order.
  constexpr bool is_instruction(int step, int i, op what, int a, int b) const {
    return field(step, i, 0) == static_cast<int>(what) && field(step, i, 3) == a && field(step, i, 4) == b;
  }
  constexpr bool is_constant(int step, int argument, double value) const {
    return argument <= constant_base && argument > whole_constant_base &&
           t.constants[t.steps[step].constants + constant_base - argument] == value;
  }
  /// Whether a step is pointwise, of two inputs, of which the first is contiguous, and with one contiguous result that
  /// its last instruction makes, all of a product's type, and runs when that does. `first` and `second` are for others.
  constexpr bool is_pointwise_on(int product, int step, access second = access::contiguous,
                                 access first = access::contiguous) const {
    if (!is_a(kernel_kind::row, step) || t.steps[step].variant != t.steps[product].variant) return false;
    int const wanted = static_cast<int>(code(product, 1) ? element::float64 : element::float32);
    if (code(step, layout::inputs) != 2 || code(step, layout::outputs) != 1 || code(step, layout::passes) != 0)
      return false;
    for (int k = 0; k < 2; ++k)
      if (code(step, layout::head + 2 * k) != wanted ||
          code(step, layout::head + 2 * k + 1) != static_cast<int>(k ? second : first))
        return false;
    return output_field(step, 0) == code(step, layout::instructions) - 1 && output_field(step, 1) == wanted &&
           output_field(step, 2) == static_cast<int>(first);
  }

  Tables const& t;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
