// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/fused_kernel.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Pointwise work over a space, reduced at the end over some of its axes: a team to a packet of results where the
/// innermost axis is kept, else to a result.
template <int... Codes>
struct column_functor {
  using code = kernel_code<Codes...>;
  using work = fused_work<code>;
  using registers = typename work::registers;
  using program = typename work::program;
  static constexpr int operands = registers::operands, lanes = registers::lanes;
  /// Whether the innermost axis is kept: then every lane has a result of its own.
  static constexpr bool keeps_inner = program::output_access(0) != access::splat;

  kernel_values<operands> given;
  static constexpr bool cooperates = true;

  /// Whether the results have an axis.
  ASHLAR_INLINE ASHLAR_HD static constexpr bool is_kept(std::int64_t const* numbers, int axis) {
    std::int64_t const axes = numbers[0];
    return numbers[3 + axes + program::inputs * axes + axis] != 0;
  }
  ASHLAR_HD static constexpr std::int64_t units(std::int64_t const* numbers) {
    int const axes = static_cast<int>(numbers[0]);
    std::int64_t n = 1;
    for (int a = 0; a < axes; ++a)
      if (is_kept(numbers, a)) n *= a == axes - 1 ? parts_of_size(numbers[3 + a], lanes) : numbers[3 + a];
    return n;
  }
  ASHLAR_HD static constexpr std::int64_t packets(std::int64_t const* numbers) {
    int const axes = static_cast<int>(numbers[0]);
    std::int64_t n = 1;
    for (int a = 0; a < axes; ++a)
      if (!is_kept(numbers, a)) n *= a == axes - 1 ? parts_of_size(numbers[3 + a], lanes) : numbers[3 + a];
    return n;
  }

  /// Where the results of a unit lie on the innermost axis, how many there are, and how many packets they are made of.
  struct place {
    std::int64_t at = 0;
    int count = lanes;
    std::int64_t reduced = 1;
  };
  /// Moves to a unit. Returns whether it has results: not those of rows that are not valid.
  ASHLAR_INLINE ASHLAR_HD static bool find(registers& s, device_nest const& n, std::int64_t unit, place& p) {
    work::clear_offsets(s, typename work::all_operands{});
    int const last = n.axes - 1;
    if constexpr (keeps_inner) {
      std::int64_t const parts = parts_of_size(n.full_extent(last), lanes);
      p.at = take_index(unit, parts) * lanes;
      std::int64_t const left = n.extent(last) - p.at;
      if (left <= 0) return false;
      p.count = left < lanes ? static_cast<int>(left) : lanes;
    }
    ASHLAR_ROLL
    for (int a = keeps_inner ? last - 1 : last; a >= 0; --a) {
      if (!is_kept(n.numbers, a)) {
        p.reduced *= a == last ? parts_of_size(n.extent(a), lanes) : n.extent(a);
        continue;
      }
      std::int64_t const index = take_index(unit, n.full_extent(a));
      if (index >= n.extent(a)) return false;
      work::move_offsets(s, n, a, index, typename work::all_operands{});
    }
    return true;
  }
  /// Takes in some packets of a unit, shared by a team.
  template <class Team>
  ASHLAR_INLINE ASHLAR_HD static void take(Team const& team, registers& s, device_nest const& n, place const& p,
                                           std::int64_t first, std::int64_t end,
                                           typename work::template partials<0>& sums) {
    int const last = n.axes - 1;
    std::int64_t begin[operands];
    work::keep_offsets(s, begin, typename work::all_operands{});
    for (std::int64_t r = first + team.rank; r < end; r += team.size) {
      work::copy_offsets(s, begin, typename work::all_operands{});
      std::int64_t from = p.at, left = r;
      int taken = p.count;
      ASHLAR_ROLL
      for (int a = last; a >= 0; --a) {
        if (is_kept(n.numbers, a)) continue;
        std::int64_t const steps = a == last ? parts_of_size(n.extent(a), lanes) : n.extent(a);
        std::int64_t const index = take_index(left, steps);
        if (a == last) {
          from = index * lanes;
          taken = n.extent(a) - from < lanes ? static_cast<int>(n.extent(a) - from) : lanes;
        } else {
          work::move_offsets(s, n, a, index, typename work::all_operands{});
        }
      }
      using need = typename work::template pass_need<0>;
      work::template read_all<need>(s, n, from, taken, typename work::all_inputs{});
      work::template execute_all<need, false>(s, typename work::all_instructions{});
      work::template take_all<0>(sums, s, taken, typename work::all_instructions{});
    }
    work::copy_offsets(s, begin, typename work::all_operands{});
  }
  /// What a team has taken in of the reduction that output O is: a lane each where the innermost axis is kept, else in
  /// all lanes the same.
  template <int O, class Team, class Packet>
  ASHLAR_INLINE ASHLAR_HD static Packet together(Team const& team, Packet const& own) {
    constexpr int i = program::output_instruction(O);
    using C = combiner<program::code(i)>;
    Packet result;
    if constexpr (keeps_inner) {
      ASHLAR_UNROLL
      for (int k = 0; k < lanes; ++k) result.at[k] = wrapped<program::lane(i)>(team.reduce(own.at[k], C{}));
    } else {
      splat(result, wrapped<program::lane(i)>(team.reduce(work::template across<i>(own), C{})));
    }
    return result;
  }
  /// Writes it.
  template <int O, class Team, class Packet>
  ASHLAR_INLINE ASHLAR_HD static void write(Team const& team, registers& s, device_nest const& n, place const& p,
                                            Packet const& all) {
    held<program::output_instruction(O)>(s.value) = all;
    if (team.rank == 0) s.template write<O>(p.at, keeps_inner ? p.count : 1, n.stride(program::inputs + O, n.axes - 1));
  }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    device_nest const n(given);
    registers s(given);
    place p;
    if (!find(s, n, unit, p)) return;
    typename work::template partials<0> sums;
    take(team, s, n, p, 0, p.reduced, sums);
    finish(team, s, n, p, sums, typename work::all_outputs{});
  }

 private:
  template <class Team, int... O>
  ASHLAR_INLINE ASHLAR_HD static void finish(Team const& team, registers& s, device_nest const& n, place const& p,
                                             typename work::template partials<0>& sums,
                                             std::integer_sequence<int, O...>) {
    (write<O>(team, s, n, p, together<O>(team, held<program::output_instruction(O)>(sums).total())), ...);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
