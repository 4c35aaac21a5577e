// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/fused_nest.hpp>
#include <ashlar/backend/cpu/fused_tail.hpp>
#include <ashlar/backend/cpu/lane_reduction.hpp>
#include <ashlar/backend/cpu/long_sums.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A fused kernel on an instruction set.
template <class Code, class T, instruction_set Set>
struct fused_kernel {
  using program = fused_program<Code>;
  using state = fused_state<Code, T, Set>;
  using nest = fused_nest;
  using S = simd<T, Set>;
  using vector = typename S::vector;

  template <int Pass>
  struct pass_need {
    static constexpr typename program::need value = program::needed(Pass);
  };
  template <int Stage>
  struct row_need {
    static constexpr typename program::need value = program::needed_in_row(Stage);
  };

  template <class Need, int K>
  ASHLAR_INLINE static void begin_one(state& s) {
    if constexpr (Need::value.input[K]) s.template begin_input<K>();
  }
  template <class Need, int K>
  ASHLAR_INLINE static void read_one(state& s, [[maybe_unused]] nest const& n, [[maybe_unused]] std::int64_t at,
                                     [[maybe_unused]] int count) {
    if constexpr (Need::value.input[K] && !state::template stays<K>)
      s.template read<K>(at, count, n.stride(K, n.axes - 1));
  }
  template <class Need, int... K>
  ASHLAR_INLINE static void begin_all([[maybe_unused]] state& s, std::integer_sequence<int, K...>) {
    (begin_one<Need, K>(s), ...);
  }
  template <class Need, int... K>
  ASHLAR_INLINE static void read_all([[maybe_unused]] state& s, [[maybe_unused]] nest const& n,
                                     [[maybe_unused]] std::int64_t at, [[maybe_unused]] int count,
                                     std::integer_sequence<int, K...>) {
    (read_one<Need, K>(s, n, at, count), ...);
  }
  template <int... O>
  ASHLAR_INLINE static void begin_outputs(state& s, std::integer_sequence<int, O...>) {
    (s.template begin_output<O>(), ...);
  }
  template <class Need, int I>
  ASHLAR_INLINE static void execute_one(state& s) {
    if constexpr (Need::value.instruction[I] && !is_reduction(program::code(I))) {
      if constexpr (!program::row_level(I)) s.template execute<I>();
    }
  }
  template <class Need, int I>
  ASHLAR_INLINE static void execute_one_of_row(state& s) {
    if constexpr (Need::value.instruction[I]) s.template execute<I>();
  }
  template <class Need, int... I>
  ASHLAR_INLINE static void execute_all(state& s, std::integer_sequence<int, I...>) {
    (execute_one<Need, I>(s), ...);
  }
  template <class Need, int... I>
  ASHLAR_INLINE static void execute_row_all(state& s, std::integer_sequence<int, I...>) {
    (execute_one_of_row<Need, I>(s), ...);
  }

  // ---- reductions along the row

  template <int I>
  using reduction = lane_reduction<S, program::code(I), program::lane(I)>;
  template <int I>
  using number = typename reduction<I>::number;

  template <int Pass, int I>
  static constexpr bool reduces_in = is_reduction(program::code(I)) &&
                                     (program::column || (program::row_level(I) && program::stage(I) == Pass));

  /// Sums of floats along the innermost axis, which blocks keep accurate.
  template <int Pass, int I>
  static constexpr bool adds_blocks = reduces_in<Pass, I>&& program::code(I) == op::sum&& program::is_long(I) &&
                                      !is_whole(program::lane(I)) &&
                                      !(program::column && program::output_access(0) != access::splat);
  template <int Pass, int... I>
  static constexpr int count_blocks(std::integer_sequence<int, I...>) {
    return (0 + ... + adds_blocks<Pass, I>);
  }
  template <int Pass>
  using blocks = block_sums<S, count_blocks<Pass>(std::make_integer_sequence<int, program::count>{})>;

  template <int Pass, int I>
  ASHLAR_INLINE static void take_block(vector* sums, blocks<Pass>& b) {
    if constexpr (adds_blocks<Pass, I>) b.take(sums[I], count_blocks<Pass>(std::make_integer_sequence<int, I>{}));
  }
  template <int Pass, int I>
  ASHLAR_INLINE static void add_blocks(vector* sums, blocks<Pass> const& b) {
    if constexpr (adds_blocks<Pass, I>) b.add_all(sums[I], count_blocks<Pass>(std::make_integer_sequence<int, I>{}));
  }

  template <int Pass, int I>
  ASHLAR_INLINE static void accumulate_one(state& s, vector* sums, int count) {
    if constexpr (reduces_in<Pass, I>) {
      vector v;
      s.template fetch<program::argument(I, 0)>(v);
      reduction<I>::take(sums[I], v, count);
    }
  }
  template <int Pass, int I>
  ASHLAR_INLINE static void start_one(vector* sums) {
    if constexpr (reduces_in<Pass, I>) S::splat(sums[I], reduction<I>::start);
  }
  template <int Pass, int I>
  ASHLAR_INLINE static void finish_one(state& s, vector const* sums) {
    if constexpr (reduces_in<Pass, I>) {
      S::splat(s.value[I], reduction<I>::across(sums[I]));
      wrap_around<S, program::lane(I)>(s.value[I]);
    }
  }
  template <int O>
  ASHLAR_INLINE static void write_one(state& s, nest const& n, std::int64_t at, int count) {
    if constexpr (!program::output_in_row(O)) s.template write<O>(at, count, n.stride(program::inputs + O, n.axes - 1));
  }

  template <int Pass, int... I, int... O>
  ASHLAR_INLINE static void chunk(state& s, nest const& n, vector* sums, std::int64_t at, int count,
                                  std::integer_sequence<int, I...> instructions, std::integer_sequence<int, O...>) {
    read_all<pass_need<Pass>>(s, n, at, count, std::make_integer_sequence<int, program::inputs>{});
    execute_all<pass_need<Pass>>(s, instructions);
    if constexpr (Pass < program::passes)
      (accumulate_one<Pass, I>(s, sums, count), ...);
    else
      (write_one<O>(s, n, at, count), ...);
  }
  template <int Pass, int... I>
  ASHLAR_INLINE static void innermost(state& s, nest const& n, vector* sums, blocks<Pass>& b,
                                      std::integer_sequence<int, I...> instructions) {
    using need = pass_need<program::column ? 0 : Pass>;
    constexpr bool writes = program::column || Pass == program::passes;
    std::make_integer_sequence<int, program::inputs> inputs;
    std::make_integer_sequence<int, program::outputs> outputs;
    begin_all<need>(s, inputs);
    if constexpr (writes) begin_outputs(s, outputs);
    s.staged = 0;
    std::int64_t const extent = n.extent[n.axes - 1], whole = extent - extent % S::width;
    fused_tail<state> tail;
    for (std::int64_t at = 0; at < extent;) {
      bool const is_tail = at == whole;
      int const count = is_tail ? static_cast<int>(extent - whole) : S::width;
      if (is_tail) {
        tail.template take_inputs<need>(s, at, count, inputs);
        if constexpr (writes) tail.take_outputs(s, at, count, program::column, outputs);
      }
      for (std::int64_t const end = b.end(at, is_tail ? extent : whole); at < end; at += S::width)
        if constexpr (program::column)
          column_chunk(s, n, sums, at, count, outputs);
        else
          chunk<Pass>(s, n, sums, at, count, instructions, outputs);
      if constexpr (writes)
        if (is_tail) tail.give_outputs(s, whole, count, outputs);
      if (!b.is_full()) continue;
      (take_block<Pass, I>(sums, b), ...);
      b.next();
    }
  }

  /// One pass over the elements of a row.
  template <int Pass, int... I>
  ASHLAR_INLINE static void row_pass(state& s, nest const& n, std::integer_sequence<int, I...> instructions) {
    vector sums[program::count + 1];
    if constexpr (Pass < program::passes) (start_one<Pass, I>(sums), ...);
    int const first = n.axes - n.row_axes;
    std::int64_t index[7]{};
    blocks<Pass> b;
    do innermost<Pass>(s, n, sums, b, instructions);
    while (n.template advance<program::operands>(index, s.offset, first, n.axes - 1));
    if constexpr (Pass < program::passes) {
      (add_blocks<Pass, I>(sums, b), ...);
      (finish_one<Pass, I>(s, sums), ...);
      row_values<Pass + 1>(s, n, instructions);
    }
  }
  template <int Stage, int... I>
  ASHLAR_INLINE static void row_values(state& s, nest const& n, std::integer_sequence<int, I...> instructions) {
    std::make_integer_sequence<int, program::inputs> inputs;
    begin_all<row_need<Stage>>(s, inputs);
    read_all<row_need<Stage>>(s, n, 0, 1, inputs);
    execute_row_all<row_need<Stage>>(s, instructions);
  }
  template <int O>
  ASHLAR_INLINE static void write_row_value(state& s) {
    if constexpr (program::output_in_row(O)) {
      s.template begin_output<O>();
      s.template write<O>(0, 1, 0);
    }
  }

  template <int... P, int... O>
  ASHLAR_INLINE static void row(kernel_arguments const& args, std::integer_sequence<int, P...>,
                                std::integer_sequence<int, O...>) {
    nest const n(args, program::operands, program::outputs, false);
    if (n.is_empty) return;
    std::int64_t offset[program::operands + 1];
    n.start(offset);
    state s(args, offset);
    std::make_integer_sequence<int, program::count> instructions;
    int const outer = n.row_axes ? n.axes - n.row_axes : n.axes - 1;
    std::int64_t index[7]{};
    do {
      if constexpr (program::passes > 0) row_values<0>(s, n, instructions);
      (row_pass<P>(s, n, instructions), ...);
      if constexpr (program::writes_elements()) row_pass<program::passes>(s, n, instructions);
      (write_row_value<O>(s), ...);
    } while (n.template advance<program::operands>(index, s.offset, 0, outer));
  }

  // ---- reductions over any axes

  template <int O>
  using stored = typename stored_type<T, program::output_element(O)>::type;

  template <int O>
  ASHLAR_INLINE static void clear_output(nest const& n) {
    stored<O>* p = reinterpret_cast<stored<O>*>(n.args.operands[program::inputs + O]);
    std::int64_t const count = n.args.numbers[3 + n.axes + program::operands * n.axes + O];
    kernel_range const own = n.summed(O, count);
    for (std::int64_t k = 0; k < n.slices(O); ++k)
      fill_part(p + k * n.stride(program::inputs + O, 0) + own.begin,
                static_cast<stored<O>>(reduction<program::output_instruction(O)>::start), own.count);
  }
  template <int O>
  ASHLAR_INLINE static void add_to_output(state& s, nest const& n, vector* sums, std::int64_t at, int count) {
    constexpr int r = program::output_instruction(O);
    vector v;
    s.template fetch<program::argument(r, 0)>(v);
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
  template <int O>
  ASHLAR_INLINE static stored<O>* output(state& s) {
    return reinterpret_cast<stored<O>*>(s.args.operands[program::inputs + O]) + s.offset[program::inputs + O];
  }
  template <int O>
  ASHLAR_INLINE static void start_output(vector* sums) {
    start_one<0, program::output_instruction(O)>(sums);
  }
  template <int O>
  ASHLAR_INLINE static void finish_output(state& s, vector* sums, [[maybe_unused]] blocks<0> const& b) {
    if constexpr (program::output_access(O) == access::splat) {
      constexpr int r = program::output_instruction(O);
      add_blocks<0, r>(sums, b);
      stored<O>* p = output<O>(s);
      stored<O> const x = static_cast<stored<O>>(reduction<r>::across(sums[r]));
      if constexpr (program::code(r) == op::max)
        *p = larger_or_nan(*p, x);
      else
        *p = sum_of(*p, x);
    }
  }
  template <int... O>
  ASHLAR_INLINE static void column_chunk(state& s, nest const& n, vector* sums, std::int64_t at, int count,
                                         std::integer_sequence<int, O...>) {
    read_all<pass_need<0>>(s, n, at, count, std::make_integer_sequence<int, program::inputs>{});
    execute_all<pass_need<0>>(s, std::make_integer_sequence<int, program::count>{});
    (add_to_output<O>(s, n, sums, at, count), ...);
  }
  template <int O>
  static constexpr bool is_long_sum =
      program::code(program::output_instruction(O)) == op::sum&& program::is_long(program::output_instruction(O)) &&
      !is_whole(program::lane(program::output_instruction(O)));

  /// An output's part that is being summed, or one of its levels.
  template <int O>
  ASHLAR_INLINE static T* part(nest const& n, column_blocks const& b, int level) {
    if (level < 0) return reinterpret_cast<T*>(n.args.operands[program::inputs + O]) + b.base;
    return reinterpret_cast<T*>(n.args.operands[program::operands]) + (level * program::outputs + O) * b.count;
  }
  template <int O>
  ASHLAR_INLINE static void clear_levels(nest const& n, column_blocks const& b) {
    if constexpr (is_long_sum<O>) {
      kernel_range const own = n.summed(O, b.count);
      for (int k = 0; k < b.levels; ++k) fill_part(part<O>(n, b, k) + own.begin, T{}, own.count);
    }
  }
  /// Moves the sums of an output and of its full levels one level up; at the end of a part, all into the output.
  template <int O>
  ASHLAR_INLINE static void move_levels(nest const& n, column_blocks const& b, int full, bool ends) {
    if constexpr (is_long_sum<O>) {
      kernel_range const own = n.summed(O, b.count);
      auto move = [&](int to, int from) {
        move_sums(part<O>(n, b, to) + own.begin, part<O>(n, b, from) + own.begin, own.count);
      };
      for (int k = 0; k < full; ++k) move(k, k - 1);
      for (int k = 0; ends && k < b.levels; ++k) move(-1, k);
    }
  }
  template <int... O>
  ASHLAR_INLINE static bool advance_column(nest const& n, std::int64_t* index, std::int64_t* offset, column_blocks& b,
                                           std::integer_sequence<int, O...>) {
    std::int64_t const before = b.steps ? index[b.axis] : 0;
    bool const more = n.template advance<program::operands>(index, offset, 0, n.axes - 1);
    if (b.steps == 0 || (more && index[b.axis] == before)) return more;
    bool const ends = !more || index[b.axis] == 0;
    int const full = b.full_levels();
    if (full || ends) (move_levels<O>(n, b, full, ends), ...);
    if (ends) b.next_part();
    return more;
  }
  template <int... O>
  ASHLAR_INLINE static void column(kernel_arguments const& args, std::integer_sequence<int, O...> outputs) {
    nest const n(args, program::operands, program::outputs, true);
    if (n.is_empty) return;
    std::int64_t offset[program::operands + 1];
    n.start(offset);
    state s(args, offset);
    (clear_output<O>(n), ...);
    if constexpr ((is_long_sum<O> || ...))
      long_column(args, s, n, outputs);
    else
      short_column(s, n, outputs);
  }
  template <int... O>
  ASHLAR_INLINE static void short_column(state& s, nest const& n, std::integer_sequence<int, O...> outputs) {
    std::int64_t index[7]{};
    do column_steps(s, n, outputs);
    while (n.template advance<program::operands>(index, s.offset, 0, n.axes - 1));
  }
  template <int... O>
  ASHLAR_INLINE static void long_column(kernel_arguments const& args, state& s, nest const& n,
                                        std::integer_sequence<int, O...> outputs) {
    std::int64_t const* const elements = args.numbers + 3 + n.axes + program::operands * n.axes;
    column_blocks outer(elements + program::outputs, elements[0], n.stride(program::inputs, 0));
    (clear_levels<O>(n, outer), ...);
    std::int64_t index[7]{};
    do column_steps(s, n, outputs);
    while (advance_column(n, index, s.offset, outer, outputs));
  }
  /// One run along the innermost axis.
  template <int... O>
  ASHLAR_INLINE static void column_steps(state& s, nest const& n, std::integer_sequence<int, O...>) {
    vector sums[program::count + 1];
    (start_output<O>(sums), ...);
    blocks<0> b;
    innermost<0>(s, n, sums, b, std::make_integer_sequence<int, program::count>{});
    (finish_output<O>(s, sums, b), ...);
  }

  ASHLAR_INLINE static void run(kernel_arguments const& args) {
    std::make_integer_sequence<int, program::outputs> outputs;
    if constexpr (program::column)
      column(args, outputs);
    else
      row(args, std::make_integer_sequence<int, program::passes>{}, outputs);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
