// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/fused/fused_nest.hpp>
#include <ashlar/backend/cpu/fused/fused_part.hpp>
#include <ashlar/backend/cpu/fused/fused_tail.hpp>
#include <ashlar/backend/cpu/simd/lane_reduction.hpp>
#include <ashlar/backend/cpu/simd/long_sums.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What fused kernels of both kinds do along the innermost axis, on an instruction set. Kernels are made of few
/// functions, which call each other through few levels: compilers optimise each level anew.
template <class Code, class T, instruction_set Set>
struct fused_loops {
  using program = fused_program<Code>;
  using state = fused_state<Code, T, Set>;
  using nest = fused_nest;
  using S = simd<T, Set>;
  using vector = typename S::vector;

  template <int I>
  using reduction = lane_reduction<S, program::code(I), program::lane(I)>;
  template <int I>
  using number = typename reduction<I>::number;
  template <int O>
  using stored = typename stored_type<T, program::output_element(O)>::type;
  template <int Pass>
  using blocks = block_sums<S, fused_pass<program, Pass>::in.blocks.count>;

  /// What is reduced, where instruction I is a reduction.
  template <int I>
  ASHLAR_INLINE_LEVEL static vector const& reduced(state const& s) {
    return s.held[state::place(program::argument(I, 0))];
  }
  template <int O>
  ASHLAR_INLINE_LEVEL static void add_to_output(state& s, nest const& n, vector* sums, std::int64_t at, int count) {
    constexpr int r = program::output_instruction(O);
    vector const& v = reduced<r>(s);
    if constexpr (program::output_access(O) == access::splat) {
      reduction<r>::take(sums[r], v, count);
    } else {
      std::int64_t const distance = n.stride(program::inputs + O, n.axes - 1);
      stored<O>* p = reinterpret_cast<stored<O>*>(s.to[O]);
      if constexpr (state::template writes_vectors<O>) {
        p += at - s.staged;
        vector old;
        S::load(old, p);
        reduction<r>::take(old, v, S::width);
        S::store(old, p);
      } else {
        number<r> part[S::width];
        S::store(v, part);
        accumulate_part<stored<O>, number<r>, program::code(r)>(p + at * distance, distance, part, count);
      }
    }
  }
  /// One run along the innermost axis.
  template <int Pass, int... K, int... M, int... I, int... R, int... B, int... O>
  ASHLAR_INLINE_LEVEL static void innermost(
      state& s, nest const& n, [[maybe_unused]] vector* sums, blocks<Pass>& b,
      list_places<std::integer_sequence<int, K...>, std::integer_sequence<int, M...>, std::integer_sequence<int, I...>,
                  std::integer_sequence<int, R...>, std::integer_sequence<int, B...>,
                  std::integer_sequence<int, O...>>) {
    using p = fused_pass<program, Pass>;
    (s.template begin_input<p::in.inputs.of[K]>(), ...);
    (s.template begin_output<p::in.outputs.of[O]>(), ...);
    s.staged = 0;
    int const last = n.axes - 1;
    std::int64_t const extent = n.extent[last], whole = extent - extent % S::width;
    fused_tail<state, Pass> tail;
    for (std::int64_t at = 0; at < extent;) {
      bool const is_tail = at == whole;
      int const count = is_tail ? static_cast<int>(extent - whole) : S::width;
      if (is_tail)
        tail.take(s, at, count, list_places<std::integer_sequence<int, M...>, std::integer_sequence<int, O...>>{});
      for (std::int64_t const end = b.end(at, is_tail ? extent : whole); at < end; at += S::width) {
        (s.template read<p::in.moving.of[M]>(at, count, n.stride(p::in.moving.of[M], last)), ...);
        if constexpr (p::in.reads_kept) s.read_kept(at);
        (s.template execute<p::in.instructions.of[I]>(), ...);
        if constexpr (p::in.keeps) s.keep(at);
        if constexpr (program::column)
          (add_to_output<p::in.outputs.of[O]>(s, n, sums, at, count), ...);
        else
          (reduction<p::in.reductions.of[R]>::take(sums[p::in.reductions.of[R]], reduced<p::in.reductions.of[R]>(s),
                                                   count),
           ...);
        if constexpr (!program::column && Pass == program::passes)
          (s.template write<p::in.outputs.of[O]>(at, count, n.stride(program::inputs + p::in.outputs.of[O], last)),
           ...);
      }
      if (is_tail) tail.give(s, whole, count, std::integer_sequence<int, O...>{});
      if (!b.is_full()) continue;
      (b.take(sums[p::in.blocks.of[B]], B), ...);
      b.next();
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
