// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/fused/fused_loops.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Sets an output of a column kernel to what its reduction starts with.
template <class E>
ASHLAR_COMPILED_ONCE void clear_columns(fused_nest const& n, int output, E start) {
  int const operand = n.operands - n.outputs + output;
  E* const p = reinterpret_cast<E*>(n.args.operands[operand]);
  kernel_range const own = n.summed(output, n.args.numbers[3 + n.axes + n.operands * n.axes + output]);
  for (std::int64_t k = 0; k < n.slices(output); ++k)
    fill_part(p + k * n.stride(operand, 0) + own.begin, start, own.count);
}

/// A fused kernel of reductions over any axes: one pass over the elements, which adds them to the outputs.
template <class Code, class T, instruction_set Set>
struct fused_columns {
  using loops = fused_loops<Code, T, Set>;
  using program = typename loops::program;
  using state = typename loops::state;
  using nest = fused_nest;
  using S = simd<T, Set>;
  using vector = typename S::vector;
  template <int I>
  using reduction = typename loops::template reduction<I>;
  template <int O>
  using stored = typename loops::template stored<O>;

  template <int O>
  ASHLAR_INLINE_LEVEL static void clear_output(nest const& n) {
    clear_columns(n, O, static_cast<stored<O>>(reduction<program::output_instruction(O)>::start));
  }
  template <int O>
  ASHLAR_INLINE_LEVEL static stored<O>* output(state& s) {
    return reinterpret_cast<stored<O>*>(s.args.operands[program::inputs + O]) + s.offset[program::inputs + O];
  }
  template <int O>
  ASHLAR_INLINE_LEVEL static void start_output(vector* sums) {
    constexpr int r = program::output_instruction(O);
    S::splat(sums[r], reduction<r>::start);
  }
  template <int O>
  ASHLAR_INLINE_LEVEL static void finish_output(state& s, vector* sums) {
    if constexpr (program::output_access(O) == access::splat) {
      constexpr int r = program::output_instruction(O);
      stored<O>* p = output<O>(s);
      stored<O> const x = static_cast<stored<O>>(reduction<r>::across(sums[r]));
      if constexpr (program::code(r) == op::max)
        *p = larger_or_nan(*p, x);
      else
        *p = sum_of(*p, x);
    }
  }
  template <int O>
  static constexpr bool is_long_sum =
      program::code(program::output_instruction(O)) == op::sum&& program::is_long(program::output_instruction(O)) &&
      !is_whole(program::lane(program::output_instruction(O)));

  /// The first of an output's levels.
  template <int O>
  ASHLAR_INLINE_LEVEL static T* levels_of(nest const& n, column_blocks const& b) {
    return reinterpret_cast<T*>(n.args.operands[program::operands]) + O * b.count;
  }
  template <int O>
  ASHLAR_INLINE_LEVEL static void clear_levels(nest const& n, column_blocks const& b) {
    if constexpr (is_long_sum<O>) {
      kernel_range const own = n.summed(O, b.count);
      for (int k = 0; k < b.levels; ++k)
        fill_part(levels_of<O>(n, b) + k * program::outputs * b.count + own.begin, T{}, own.count);
    }
  }
  /// Moves the sums of an output and of its full levels one level up; at the end of a part, all into the output.
  template <int O>
  ASHLAR_INLINE_LEVEL static void move_levels_up(nest const& n, column_blocks const& b, int full, bool ends) {
    if constexpr (is_long_sum<O>) {
      kernel_range const own = n.summed(O, b.count);
      T* const sums = reinterpret_cast<T*>(n.args.operands[program::inputs + O]) + b.base;
      move_levels(sums + own.begin, levels_of<O>(n, b) + own.begin, program::outputs * b.count, own.count, full,
                  ends ? b.levels : 0);
    }
  }
  template <int... O>
  ASHLAR_INLINE_LEVEL static bool advance_column(nest const& n, std::int64_t* index, std::int64_t* offset,
                                                 column_blocks& b, std::integer_sequence<int, O...>) {
    std::int64_t const before = b.steps ? index[b.axis] : 0;
    bool const more = n.template advance<program::operands>(index, offset, 0, n.axes - 1);
    if (b.steps == 0 || (more && index[b.axis] == before)) return more;
    bool const ends = !more || index[b.axis] == 0;
    int const full = b.full_levels();
    if (full || ends) (move_levels_up<O>(n, b, full, ends), ...);
    if (ends) b.next_part();
    return more;
  }
  /// One run along the innermost axis.
  template <int... B, int... O>
  ASHLAR_INLINE_LEVEL static void column_steps(
      state& s, nest const& n, list_places<std::integer_sequence<int, B...>, std::integer_sequence<int, O...>>) {
    vector sums[program::count + 1];
    (start_output<O>(sums), ...);
    typename loops::template blocks<0> b;
    loops::template innermost<0>(s, n, sums, b, typename fused_pass<program, 0>::places{});
    (b.add_all(sums[fused_pass<program, 0>::in.blocks.of[B]], B), ...);
    (finish_output<O>(s, sums), ...);
  }

  using places = places_in<fused_pass<program, 0>::in.blocks.count, program::outputs>;
  template <int... B, int... O>
  ASHLAR_INLINE_LEVEL static void run(
      kernel_arguments const& args,
      list_places<std::integer_sequence<int, B...>, std::integer_sequence<int, O...>> all) {
    nest const n(args, program::operands, program::outputs, true);
    if (n.is_empty) return;
    std::int64_t offset[program::operands + 1];
    n.start(offset);
    state s(args, offset);
    (clear_output<O>(n), ...);
    std::int64_t index[7]{};
    if constexpr ((is_long_sum<O> || ...)) {
      std::int64_t const* const elements = args.numbers + 3 + n.axes + program::operands * n.axes;
      column_blocks outer(elements + program::outputs, elements[0], n.stride(program::inputs, 0));
      (clear_levels<O>(n, outer), ...);
      do column_steps(s, n, all);
      while (advance_column(n, index, s.offset, outer, std::integer_sequence<int, O...>{}));
    } else {
      do column_steps(s, n, all);
      while (n.template advance<program::operands>(index, s.offset, 0, n.axes - 1));
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
