// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/backend/kernel_code.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A fused kernel's code, taken apart at compile time.
template <class Code>
struct fused_program {
  using layout = fused_code;
  static constexpr bool column = Code::kind == kernel_kind::column;
  static constexpr bool is_wide = Code::at[layout::wide] != 0;
  static constexpr int inputs = Code::at[layout::inputs];
  static constexpr int count = Code::at[layout::instructions];
  static constexpr int outputs = Code::at[layout::outputs];
  static constexpr int passes = Code::at[layout::passes];
  static constexpr int operands = inputs + outputs;
  static constexpr int first_instruction = layout::head + inputs * layout::input_size;
  static constexpr int first_output = first_instruction + count * layout::instruction_size;

  ASHLAR_HD static constexpr element input_element(int k) {
    return static_cast<element>(layout::without_lane(Code::value(layout::head + 2 * k)));
  }
  ASHLAR_HD static constexpr lane_type input_lane(int k) { return layout::lane_in(Code::value(layout::head + 2 * k)); }
  ASHLAR_HD static constexpr access input_access(int k) {
    return static_cast<access>(Code::value(layout::head + 2 * k + 1));
  }
  ASHLAR_HD static constexpr int field(int i, int f) {
    return Code::value(first_instruction + i * layout::instruction_size + f);
  }
  ASHLAR_HD static constexpr op code(int i) { return static_cast<op>(layout::without_lane(field(i, 0))); }
  ASHLAR_HD static constexpr lane_type lane(int i) { return layout::lane_in(field(i, 0)); }
  ASHLAR_HD static constexpr bool row_level(int i) { return field(i, 1) != 0; }
  ASHLAR_HD static constexpr int stage(int i) { return field(i, 2); }
  ASHLAR_HD static constexpr int argument(int i, int k) { return field(i, 3 + k); }
  /// Whether a reduction is one of many elements.
  ASHLAR_HD static constexpr bool is_long(int i) { return argument(i, 1) != 0; }
  ASHLAR_HD static constexpr int arity(int i) {
    op c = code(i);
    return c == op::select ? 3 : c >= op::add && c <= op::assign ? 2 : 1;
  }
  /// The lane type of operand k of an instruction; of a constant, what matters of it.
  ASHLAR_HD static constexpr lane_type argument_lane(int i, int k) {
    int a = argument(i, k);
    if (a >= 0) return lane(a);
    if (a > constant_base) return input_lane(-1 - a);
    return a > whole_constant_base ? lane_type::floating : lane_type::int64;
  }
  /// How many constants the instructions read, and whether one of them is a whole number.
  ASHLAR_HD static constexpr int constants() {
    int n = 0;
    for (int i = 0; i < count; ++i)
      for (int k = 0; k < arity(i); ++k) {
        int const a = argument(i, k), place = a > whole_constant_base ? constant_base - a : whole_constant_base - a;
        if (a <= constant_base && place + 1 > n) n = place + 1;
      }
    return n;
  }
  ASHLAR_HD static constexpr bool is_whole_constant(int c) {
    for (int i = 0; i < count; ++i)
      for (int k = 0; k < arity(i); ++k)
        if (argument(i, k) == whole_constant_base - c) return true;
    return false;
  }
  ASHLAR_HD static constexpr int output_field(int o, int f) {
    return Code::value(first_output + o * layout::output_size + f);
  }
  ASHLAR_HD static constexpr int output_instruction(int o) { return output_field(o, 0); }
  ASHLAR_HD static constexpr element output_element(int o) { return static_cast<element>(output_field(o, 1)); }
  ASHLAR_HD static constexpr access output_access(int o) { return static_cast<access>(output_field(o, 2)); }
  ASHLAR_HD static constexpr bool output_in_row(int o) { return output_field(o, 3) != 0; }
  ASHLAR_HD static constexpr bool writes_elements() {
    for (int o = 0; o < outputs; ++o)
      if (!output_in_row(o)) return true;
    return false;
  }

  /// Which instructions and inputs a pass over the elements needs: pass p < passes feeds the reductions of stage p,
  /// pass `passes` the outputs. `kept`: an instruction whose value is known, and what it is made of is not needed.
  struct need {
    bool instruction[count + 1]{};
    bool input[inputs + 1]{};
  };
  ASHLAR_HD static constexpr need needed(int pass, int kept = -1) {
    need n;
    for (int i = count - 1; i >= 0; --i) {
      bool wanted = n.instruction[i];
      if (is_reduction(code(i)))
        wanted = column || (row_level(i) && stage(i) == pass);
      else if (row_level(i))
        wanted = false;
      else if (pass == passes)
        for (int o = 0; o < outputs; ++o) wanted = wanted || (!output_in_row(o) && output_instruction(o) == i);
      n.instruction[i] = wanted && i != kept;
      if (!n.instruction[i]) continue;
      for (int k = 0; k < arity(i); ++k) {
        int a = argument(i, k);
        if (a >= 0)
          n.instruction[a] = true;
        else if (a > constant_base)
          n.input[-1 - a] = true;
      }
    }
    return n;
  }
  /// Row instructions of a stage (not reductions) and their inputs.
  ASHLAR_HD static constexpr need needed_in_row(int at_stage) {
    need n;
    for (int i = 0; i < count; ++i) {
      if (!row_level(i) || is_reduction(code(i)) || stage(i) != at_stage) continue;
      n.instruction[i] = true;
      for (int k = 0; k < arity(i); ++k)
        if (int a = argument(i, k); a < 0 && a > constant_base) n.input[-1 - a] = true;
    }
    return n;
  }
};

template <class T, element E>
struct stored_type {
  using type = T;
};
template <class T>
struct stored_type<T, element::float32> {
  using type = float;
};
template <class T>
struct stored_type<T, element::float64> {
  using type = double;
};
template <class T>
struct stored_type<T, element::int32> {
  using type = std::int32_t;
};
template <class T>
struct stored_type<T, element::int64> {
  using type = std::int64_t;
};
template <class T>
struct stored_type<T, element::byte> {
  using type = std::uint8_t;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
