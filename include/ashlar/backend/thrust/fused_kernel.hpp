// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/fused.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// The loop nest of a fused kernel over its numbers: axes, row axes, units of axis 0 per valid row, extents, strides.
/// Axis 0 ends behind the valid rows.
struct device_nest {
  std::int64_t const* numbers;
  int axes, row_axes;
  std::int64_t first_extent;

  template <int Operands>
  ASHLAR_INLINE ASHLAR_HD explicit device_nest(kernel_values<Operands> const& v)
      : numbers(v.numbers),
        axes(static_cast<int>(v.numbers[0])),
        row_axes(static_cast<int>(v.numbers[1])),
        first_extent(v.valid(v.numbers[3], v.numbers[2])) {}

  ASHLAR_INLINE ASHLAR_HD std::int64_t extent(int axis) const { return axis == 0 ? first_extent : numbers[3 + axis]; }
  /// With all rows, whether valid or not.
  ASHLAR_INLINE ASHLAR_HD std::int64_t full_extent(int axis) const { return numbers[3 + axis]; }
  ASHLAR_INLINE ASHLAR_HD std::int64_t stride(int operand, int axis) const {
    return numbers[3 + axes + operand * axes + axis];
  }
};

/// Sums that stay accurate however many numbers they add: a number is added to at most 64 others, whose sum is added to
/// at most 64 others of its kind, and so on.
template <class P, bool IsLong>
struct running_sum {
  P now, blocks, large_blocks;
  int added = 0;

  ASHLAR_INLINE ASHLAR_HD running_sum() {
    splat(now, {});
    splat(blocks, {});
    splat(large_blocks, {});
  }
  ASHLAR_INLINE ASHLAR_HD void next() {
    if (++added % 64) return;
    move(blocks, now);
    if (added % 4096 == 0) move(large_blocks, blocks);
  }
  ASHLAR_INLINE ASHLAR_HD P total() {
    move(blocks, now);
    move(large_blocks, blocks);
    return large_blocks;
  }

 private:
  ASHLAR_INLINE ASHLAR_HD static void move(P& to, P& from) {
    ASHLAR_UNROLL
    for (int k = 0; k < static_cast<int>(sizeof(P) / sizeof(P::at[0])); ++k) to.at[k] += from.at[k];
    splat(from, {});
  }
};
template <class P>
struct running_sum<P, false> {
  P now;

  ASHLAR_INLINE ASHLAR_HD static void next() {}
  ASHLAR_INLINE ASHLAR_HD P total() const { return now; }
};

template <op Code>
struct combiner {
  template <class N>
  ASHLAR_INLINE ASHLAR_HD N operator()(N a, N b) const {
    if constexpr (Code == op::max)
      return larger_number(a, b);
    else
      return sum_of_numbers(a, b);
  }
};

/// What both shapes of fused kernels do: groups of rows, and reductions over any axes.
template <class Code>
struct fused_work {
  using registers = fused_registers<Code>;
  using program = fused_program<Code>;
  using types = fused_types<Code>;
  using T = typename registers::T;
  static constexpr int lanes = registers::lanes;
  using all_inputs = std::make_integer_sequence<int, program::inputs>;
  using all_instructions = std::make_integer_sequence<int, program::count>;
  using all_outputs = std::make_integer_sequence<int, program::outputs>;
  using all_operands = std::make_integer_sequence<int, program::operands>;

  template <int I>
  using number = typename types::template number<program::lane(I)>;
  template <int I>
  using lane_packet = typename types::template lane_packet<program::lane(I)>;

  /// What reduction I is of nothing.
  template <int I>
  ASHLAR_INLINE ASHLAR_HD static constexpr number<I> nothing() {
    if constexpr (program::code(I) == op::sum || program::lane(I) == lane_type::truth ||
                  program::lane(I) == lane_type::uint8)
      return number<I>{};
    else if constexpr (is_whole(program::lane(I)))
      return least_number<number<I>>;
    else
      return minus_infinity<T>;
  }

  /// Whether pass P (of a column: 0) feeds reduction I.
  template <int P, int I>
  static constexpr bool reduces_in = is_reduction(program::code(I)) &&
                                     (program::column || (program::row_level(I) && program::stage(I) == P));
  template <int I>
  static constexpr bool is_long_sum = program::code(I) == op::sum&& program::is_long(I) && !is_whole(program::lane(I));

  /// A reduction in the making.
  template <int P, int I>
  struct partial : running_sum<lane_packet<I>, is_long_sum<I>> {
    ASHLAR_INLINE ASHLAR_HD partial() { splat(this->now, nothing<I>()); }
    /// Takes in the first `count` lanes of the reduction's operand.
    ASHLAR_INLINE ASHLAR_HD void take(registers const& s, int count) {
      ASHLAR_UNROLL
      for (int k = 0; k < lanes; ++k) {
        number<I> const x = k < count
                                ? static_cast<number<I>>(s.template fetch<program::argument(I, 0)>(k, number<I>{}))
                                : nothing<I>();
        this->now.at[k] = combiner<program::code(I)>{}(this->now.at[k], x);
      }
      this->next();
    }
  };
  struct none {
    ASHLAR_INLINE ASHLAR_HD static void take(registers const&, int) {}
  };
  template <int P, int I>
  using partial_of = std::conditional_t<reduces_in<P, I>, partial<P, I>, none>;
  template <int P, class Instructions>
  struct partials_of;
  template <int P, int... I>
  struct partials_of<P, std::integer_sequence<int, I...>> : numbered<I, partial_of<P, I>>... {};
  template <int P>
  using partials = partials_of<P, all_instructions>;

  /// The sum (or maximum) of the lanes, always in the same order.
  template <int I>
  ASHLAR_INLINE ASHLAR_HD static number<I> across(lane_packet<I> p) {
    ASHLAR_UNROLL
    for (int half = lanes / 2; half; half /= 2) {
      ASHLAR_UNROLL
      for (int k = 0; k < lanes / 2; ++k)
        if (k < half) p.at[k] = combiner<program::code(I)>{}(p.at[k], p.at[k + half]);
    }
    return wrapped<program::lane(I)>(p.at[0]);
  }

  template <class Need, int K>
  ASHLAR_INLINE ASHLAR_HD static void read_one(registers& s, device_nest const& n, std::int64_t at, int count) {
    if constexpr (Need::value.input[K]) s.template read<K>(at, count, n.stride(K, n.axes - 1));
  }
  template <class Need, int... K>
  ASHLAR_INLINE ASHLAR_HD static void read_all(registers& s, device_nest const& n, [[maybe_unused]] std::int64_t at,
                                               [[maybe_unused]] int count, std::integer_sequence<int, K...>) {
    (read_one<Need, K>(s, n, at, count), ...);
  }
  template <class Need, bool OfRow, int I>
  ASHLAR_INLINE ASHLAR_HD static void execute_one(registers& s) {
    if constexpr (Need::value.instruction[I] && !is_reduction(program::code(I)))
      if constexpr (program::row_level(I) == OfRow) s.template execute<I>();
  }
  template <class Need, bool OfRow, int... I>
  ASHLAR_INLINE ASHLAR_HD static void execute_all(registers& s, std::integer_sequence<int, I...>) {
    (execute_one<Need, OfRow, I>(s), ...);
  }
  template <int P, int... I>
  ASHLAR_INLINE ASHLAR_HD static void take_all(partials<P>& sums, registers const& s, int count,
                                               std::integer_sequence<int, I...>) {
    (held<I>(sums).take(s, count), ...);
  }

  template <int Pass>
  struct pass_need {
    static constexpr typename program::need value = program::needed(Pass);
  };
  template <int Stage>
  struct row_need {
    static constexpr typename program::need value = program::needed_in_row(Stage);
  };

  template <int... O>
  ASHLAR_INLINE ASHLAR_HD static void clear_offsets(registers& s, std::integer_sequence<int, O...>) {
    ((s.offset[O] = 0), ...);
  }
  template <int... O>
  ASHLAR_INLINE ASHLAR_HD static void move_offsets(registers& s, device_nest const& n, int axis, std::int64_t steps,
                                                   std::integer_sequence<int, O...>) {
    ((s.offset[O] += steps * n.stride(O, axis)), ...);
  }
  template <int... O>
  ASHLAR_INLINE ASHLAR_HD static void copy_offsets(registers& s, std::int64_t const* from,
                                                   std::integer_sequence<int, O...>) {
    ((s.offset[O] = from[O]), ...);
  }
  template <int... O>
  ASHLAR_INLINE ASHLAR_HD static void keep_offsets(registers const& s, std::int64_t* to,
                                                   std::integer_sequence<int, O...>) {
    ((to[O] = s.offset[O]), ...);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
