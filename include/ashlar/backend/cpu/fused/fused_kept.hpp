// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/fused_program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What a row kernel computes in an early pass over a row and needs again in later ones, as a softmax needs e to its
/// arguments: a special function, which costs more than writing and reading it. The row of an output, which is not
/// written before the last pass, holds it until then.
struct kept_value {
  int instruction = -1, pass = -1, output = -1;  // -1: nothing is kept
};

/// Finds it. Later passes may read no memory: an output may lie where an input does.
template <class Program>
class kept_value_search {
 public:
  static constexpr kept_value find() {
    if constexpr (!Program::column)
      for (int pass = 0; pass < Program::passes; ++pass)
        for (int i = 0; i < Program::count; ++i)
          for (int o = 0; o < Program::outputs; ++o)
            if (is_costly(i) && holds(o) && is_needed_again(i, pass)) return {i, pass, o};
    return {};
  }

 private:
  static constexpr bool is_costly(int i) {
    return is_special_function(Program::code(i)) && !Program::row_level(i) && Program::lane(i) == lane_type::floating;
  }
  /// Whether an output has place for numbers of the kernel's type, as they lie in vectors.
  static constexpr bool holds(int o) {
    return !Program::output_in_row(o) && Program::output_access(o) == access::contiguous &&
           Program::output_element(o) == (Program::is_wide ? element::float64 : element::float32) &&
           Program::lane(Program::output_instruction(o)) == lane_type::floating;
  }
  static constexpr bool is_needed_again(int i, int pass) {
    if (!Program::needed(pass).instruction[i]) return false;
    bool is_read = false;
    for (int later = pass + 1; later <= Program::passes; ++later) {
      is_read = is_read || Program::needed(later).instruction[i];
      auto const elements = Program::needed(later, i);
      auto const row = Program::needed_in_row(later);
      for (int k = 0; k < Program::inputs; ++k)
        if ((elements.input[k] || row.input[k]) && lies_in_memory(k)) return false;
    }
    return is_read;
  }
  static constexpr bool lies_in_memory(int k) {
    element const e = Program::input_element(k);
    return e != element::iota && e != element::random && e != element::scalar;
  }
};
template <class Program>
inline constexpr kept_value kept_in = kept_value_search<Program>::find();

}  // namespace ashlar::inline ASHLAR_ABI::detail
