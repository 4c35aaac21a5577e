// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/fused_kernel.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Pointwise work, a packet at a time (no row axes), or rows: reductions along them with pointwise work between, a team
/// to a row.
template <int... Codes>
struct row_functor {
  using code = kernel_code<Codes...>;
  using work = fused_work<code>;
  using registers = typename work::registers;
  using program = typename work::program;
  static constexpr int operands = registers::operands, lanes = registers::lanes;
  static constexpr bool has_rows = program::passes > 0;

  kernel_values<operands> given;
  static constexpr bool cooperates = has_rows;

  /// How many units there are with all rows valid, how many packets a member of a team of one has of each.
  ASHLAR_HD static constexpr std::int64_t units(std::int64_t const* numbers) {
    int const axes = static_cast<int>(numbers[0]), row_axes = static_cast<int>(numbers[1]);
    std::int64_t n = 1;
    for (int a = 0; a < axes - (has_rows ? row_axes : 1); ++a) n *= numbers[3 + a];
    return has_rows ? n : n * parts_of_size(numbers[2 + axes], lanes);
  }
  ASHLAR_HD static constexpr std::int64_t packets(std::int64_t const* numbers) {
    if (!has_rows) return 1;
    int const axes = static_cast<int>(numbers[0]), row_axes = static_cast<int>(numbers[1]);
    std::int64_t n = parts_of_size(numbers[2 + axes], lanes);
    for (int a = axes - row_axes; a < axes - 1; ++a) n *= numbers[3 + a];
    return n;
  }

  ASHLAR_HD static constexpr bool writes_row() {
    for (int o = 0; o < program::outputs; ++o)
      if (program::output_in_row(o)) return true;
    return false;
  }
  /// Moves to a unit: `at` is the element of the innermost axis where a packet begins. Returns whether it is there: not
  /// of rows that are not valid.
  ASHLAR_INLINE ASHLAR_HD static bool find(registers& s, device_nest const& n, std::int64_t unit, std::int64_t& at) {
    work::clear_offsets(s, typename work::all_operands{});
    int const outer = n.axes - (has_rows ? n.row_axes : 1);
    at = 0;
    if constexpr (!has_rows) {
      std::int64_t const parts = parts_of_size(n.full_extent(n.axes - 1), lanes);
      at = (outer ? take_index(unit, parts) : unit) * lanes;
    }
    ASHLAR_ROLL
    for (int a = outer - 1; a >= 0; --a) {
      std::int64_t const index = a ? take_index(unit, n.full_extent(a)) : unit;
      if (index >= n.extent(a)) return false;
      work::move_offsets(s, n, a, index, typename work::all_operands{});
    }
    return true;
  }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    device_nest const n(given);
    registers s(given);
    std::int64_t at;
    if (!find(s, n, unit, at)) return;
    if constexpr (has_rows) {
      row_values<0>(s, n);
      passes(team, s, n, std::make_integer_sequence<int, program::passes>{});
      if constexpr (program::writes_elements()) {
        typename work::template partials<program::passes> no_sums;
        pass<program::passes>(team, s, n, 0, everything, no_sums);
      }
      if constexpr (writes_row()) {
        team.meet();  // a state may be written where others of the team still read it
        if (team.rank == 0) write_row(s, typename work::all_outputs{});
      }
    } else {
      std::int64_t const left = n.extent(n.axes - 1) - at;
      if (left <= 0) return;
      chunk<0>(s, n, at, left < lanes ? static_cast<int>(left) : lanes);
    }
  }

  /// What the instructions of a row make before pass Stage.
  template <int Stage>
  ASHLAR_INLINE ASHLAR_HD static void row_values(registers& s, device_nest const& n) {
    using need = typename work::template row_need<Stage>;
    work::template read_all<need>(s, n, 0, 1, typename work::all_inputs{});
    work::template execute_all<need, true>(s, typename work::all_instructions{});
  }
  /// A pass over some packets of a row; pass program::passes writes the outputs.
  template <int P, class Team>
  ASHLAR_INLINE ASHLAR_HD static void pass(Team const& team, registers& s, device_nest const& n, std::int64_t first_one,
                                           std::int64_t end, typename work::template partials<P>& sums) {
    int const first = n.axes - n.row_axes;
    std::int64_t const inner = n.extent(n.axes - 1), parts = parts_of_size(inner, lanes);
    std::int64_t runs = 1;
    ASHLAR_ROLL
    for (int a = first; a < n.axes - 1; ++a) runs *= n.extent(a);
    std::int64_t begin[operands];
    work::keep_offsets(s, begin, typename work::all_operands{});
    if (end > runs * parts) end = runs * parts;
    for (std::int64_t c = first_one + team.rank; c < end; c += team.size) {
      std::int64_t at = c;
      if (runs > 1) {
        std::int64_t run = c;
        at = take_index(run, parts);
        work::copy_offsets(s, begin, typename work::all_operands{});
        ASHLAR_ROLL
        for (int a = n.axes - 2; a >= first; --a)
          work::move_offsets(s, n, a, take_index(run, n.extent(a)), typename work::all_operands{});
      }
      at *= lanes;
      int const count = inner - at < lanes ? static_cast<int>(inner - at) : lanes;
      chunk<P>(s, n, at, count);
      if constexpr (P < program::passes) work::template take_all<P>(sums, s, count, typename work::all_instructions{});
    }
    work::copy_offsets(s, begin, typename work::all_operands{});
  }
  /// Writes the outputs that a row has one number of.
  template <int... O>
  ASHLAR_INLINE ASHLAR_HD static void write_row(registers const& s, std::integer_sequence<int, O...>) {
    (write_value_of_row<O>(s), ...);
  }

 private:
  static constexpr std::int64_t everything = std::int64_t{1} << 62;  // packets

  template <class Team, int... P>
  ASHLAR_INLINE ASHLAR_HD static void passes(Team const& team, registers& s, device_nest const& n,
                                             std::integer_sequence<int, P...>) {
    (reduce<P>(team, s, n), ...);
  }
  template <int P, class Team>
  ASHLAR_INLINE ASHLAR_HD static void reduce(Team const& team, registers& s, device_nest const& n) {
    typename work::template partials<P> sums;
    pass<P>(team, s, n, 0, everything, sums);
    finish<P>(team, s, sums, typename work::all_instructions{});
    row_values<P + 1>(s, n);
  }
  template <int P, class Team, int... I>
  ASHLAR_INLINE ASHLAR_HD static void finish(Team const& team, registers& s, typename work::template partials<P>& sums,
                                             std::integer_sequence<int, I...>) {
    (finish_one<P, I>(team, s, sums), ...);
  }
  template <int P, int I, class Team>
  ASHLAR_INLINE ASHLAR_HD static void finish_one(Team const& team, registers& s,
                                                 typename work::template partials<P>& sums) {
    if constexpr (work::template reduces_in<P, I>) {
      auto const own = work::template across<I>(held<I>(sums).total());
      auto const all = team.reduce(own, combiner<program::code(I)>{});
      splat(held<I>(s.value), wrapped<program::lane(I)>(all));
    }
  }

  template <int P>
  ASHLAR_INLINE ASHLAR_HD static void chunk(registers& s, device_nest const& n, std::int64_t at, int count) {
    using need = typename work::template pass_need<P>;
    work::template read_all<need>(s, n, at, count, typename work::all_inputs{});
    work::template execute_all<need, false>(s, typename work::all_instructions{});
    if constexpr (P == program::passes) write(s, n, at, count, typename work::all_outputs{});
  }
  template <int... O>
  ASHLAR_INLINE ASHLAR_HD static void write(registers const& s, device_nest const& n, std::int64_t at, int count,
                                            std::integer_sequence<int, O...>) {
    (write_one<O>(s, n, at, count), ...);
  }
  template <int O>
  ASHLAR_INLINE ASHLAR_HD static void write_one(registers const& s, device_nest const& n, std::int64_t at, int count) {
    if constexpr (!program::output_in_row(O)) s.template write<O>(at, count, n.stride(program::inputs + O, n.axes - 1));
  }
  template <int O>
  ASHLAR_INLINE ASHLAR_HD static void write_value_of_row(registers const& s) {
    if constexpr (program::output_in_row(O)) s.template write<O>(0, 1, 0);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
