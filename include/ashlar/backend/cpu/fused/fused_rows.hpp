// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/fused/fused_loops.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A fused kernel on rows: passes over the elements of a row reduce it, and the last one writes.
template <class Code, class T, instruction_set Set>
struct fused_rows {
  using loops = fused_loops<Code, T, Set>;
  using program = typename loops::program;
  using state = typename loops::state;
  using nest = fused_nest;
  using S = simd<T, Set>;
  using vector = typename S::vector;
  template <int I>
  using reduction = typename loops::template reduction<I>;

  template <int I>
  ASHLAR_INLINE_LEVEL static void finish_one(state& s, vector const* sums) {
    vector& r = s.held[state::first_value + I];
    S::splat(r, reduction<I>::across(sums[I]));
    wrap_around<S, program::lane(I)>(r);
  }

  /// What stage Stage computes once for a row.
  template <int Stage, int... K, int... M, int... I>
  ASHLAR_INLINE_LEVEL static void row_values(
      state& s, [[maybe_unused]] nest const& n,
      list_places<std::integer_sequence<int, K...>, std::integer_sequence<int, M...>,
                  std::integer_sequence<int, I...>>) {
    using r = fused_row_stage<program, Stage>;
    (s.template begin_input<r::in.inputs.of[K]>(), ...);
    (s.template read<r::in.moving.of[M]>(0, 1, n.stride(r::in.moving.of[M], n.axes - 1)), ...);
    (s.template execute<r::in.instructions.of[I]>(), ...);
  }
  /// One pass over the elements of a row; of a kernel that reduces nothing, over one run.
  template <int Pass, int... R, int... B>
  ASHLAR_INLINE_LEVEL static void row_pass(
      state& s, nest const& n, list_places<std::integer_sequence<int, R...>, std::integer_sequence<int, B...>>) {
    using p = fused_pass<program, Pass>;
    if constexpr (Pass == 0 && program::passes > 0) row_values<0>(s, n, typename fused_row_stage<program, 0>::places{});
    vector sums[program::count + 1];
    (S::splat(sums[p::in.reductions.of[R]], reduction<p::in.reductions.of[R]>::start), ...);
    typename loops::template blocks<Pass> b;
    if constexpr (program::passes == 0) {
      loops::template innermost<Pass>(s, n, sums, b, typename fused_pass<program, Pass>::places{});
    } else {
      int const first = n.axes - n.row_axes;
      std::int64_t index[7]{};
      do loops::template innermost<Pass>(s, n, sums, b, typename fused_pass<program, Pass>::places{});
      while (n.template advance<program::operands>(index, s.offset, first, n.axes - 1));
    }
    (b.add_all(sums[p::in.blocks.of[B]], B), ...);
    (finish_one<p::in.reductions.of[R]>(s, sums), ...);
    if constexpr (Pass < program::passes)
      row_values<Pass + 1>(s, n, typename fused_row_stage<program, Pass + 1>::places{});
  }
  template <int O>
  ASHLAR_INLINE_LEVEL static void write_row_value(state& s) {
    s.template begin_output<O>();
    s.template write<O>(0, 1, 0);
  }

  using places =
      places_in<program::passes + (program::writes_elements() ? 1 : 0), fused_row_outputs<program>::in.count>;
  template <int... P, int... O>
  ASHLAR_INLINE_LEVEL static void run(kernel_arguments const& args,
                                      list_places<std::integer_sequence<int, P...>, std::integer_sequence<int, O...>>) {
    nest const n(args, program::operands, program::outputs, false);
    if (n.is_empty) return;
    std::int64_t offset[program::operands + 1];
    n.start(offset);
    state s(args, offset);
    // where nothing is reduced, a row is one run
    int const outer = program::passes > 0 && n.row_axes ? n.axes - n.row_axes : n.axes - 1;
    std::int64_t index[7]{};
    do {
      (row_pass<P>(s, n,
                   places_in<fused_pass<program, P>::in.reductions.count, fused_pass<program, P>::in.blocks.count>{}),
       ...);
      (write_row_value<fused_row_outputs<program>::in.of[O]>(s), ...);
    } while (n.template advance<program::operands>(index, s.offset, 0, outer));
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
