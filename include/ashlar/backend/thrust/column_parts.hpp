// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/fused_column.hpp>
#include <ashlar/backend/thrust/reduction_parts.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// A part of the elements of column_functor's unit to a team. Behind the operands lies a workspace.
template <int... Codes>
struct column_part_functor {
  using whole = column_functor<Codes...>;
  using work = typename whole::work;
  using program = typename whole::program;
  static constexpr int operands = whole::operands + 1;
  static constexpr bool cooperates = true;

  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* numbers) {
    return whole::units(numbers) * parts_of_step<whole>(numbers).count;
  }
  static std::int64_t packets(std::int64_t const* numbers) { return parts_of_step<whole>(numbers).size; }
  /// Bytes of workspace that a step takes.
  static constexpr std::int64_t workspace(std::int64_t const* numbers) {
    constexpr std::int64_t packet_bytes = sizeof(typename whole::registers::T) * whole::lanes;
    std::int64_t const count = parts_of_step<whole>(numbers).count;
    return count == 1 ? 0 : count * whole::units(numbers) * program::outputs * packet_bytes;
  }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    auto const own = given.template first<whole::operands>();
    device_nest const n(own);
    typename whole::registers s(own);
    reduction_parts const parts = parts_of_step<whole>(given.numbers);
    std::int64_t const part = take_index(unit, parts.count), first = part * parts.size;
    typename whole::place p;
    if (!whole::find(s, n, unit, p)) return;
    typename work::template partials<0> sums;
    whole::take(team, s, n, p, first, first + parts.size < p.reduced ? first + parts.size : p.reduced, sums);
    keep(team, sums, unit, part, parts.count, typename work::all_outputs{});
  }

 private:
  template <class Team, int... O>
  ASHLAR_INLINE ASHLAR_HD void keep(Team const& team, typename work::template partials<0>& sums, std::int64_t unit,
                                    std::int64_t part, std::int64_t count, std::integer_sequence<int, O...>) const {
    (keep_one<O>(team, held<program::output_instruction(O)>(sums).total(), unit, part, count), ...);
  }
  template <int O, class Team, class Packet>
  ASHLAR_INLINE ASHLAR_HD void keep_one(Team const& team, Packet const& total, std::int64_t unit, std::int64_t part,
                                        std::int64_t count) const {
    Packet const all = whole::template together<O>(team, total);
    if (team.rank == 0)
      results_of_parts<Packet>(given.operands[whole::operands], O, whole::units(given.numbers), unit, count)[part] =
          all;
  }
};

/// The results of units whose parts are there.
template <int... Codes>
struct column_of_parts_functor {
  using whole = column_functor<Codes...>;
  using work = typename whole::work;
  using program = typename whole::program;
  static constexpr int operands = whole::operands + 1;
  static constexpr bool cooperates = true;

  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* numbers) { return whole::units(numbers); }
  static std::int64_t packets(std::int64_t const* numbers) { return parts_of_step<whole>(numbers).count; }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    auto const own = given.template first<whole::operands>();
    device_nest const n(own);
    typename whole::registers s(own);
    typename whole::place p;
    if (whole::find(s, n, unit, p)) finish(team, s, n, p, unit, typename work::all_outputs{});
  }

 private:
  template <class Team, int... O>
  ASHLAR_INLINE ASHLAR_HD void finish(Team const& team, typename whole::registers& s, device_nest const& n,
                                      typename whole::place const& p, std::int64_t unit,
                                      std::integer_sequence<int, O...>) const {
    (whole::template write<O>(team, s, n, p, result<O>(team, unit)), ...);
  }
  template <int O, class Team>
  ASHLAR_INLINE ASHLAR_HD auto result(Team const& team, std::int64_t unit) const {
    constexpr int i = program::output_instruction(O);
    using packet_type = typename work::template lane_packet<i>;
    using C = combiner<program::code(i)>;
    std::int64_t const count = parts_of_step<whole>(given.numbers).count;
    packet_type const* const from =
        results_of_parts<packet_type>(given.operands[whole::operands], O, whole::units(given.numbers), unit, count);
    packet_type total;
    splat(total, work::template nothing<i>());
    for (std::int64_t part = team.rank; part < count; part += team.size) {
      ASHLAR_UNROLL
      for (int k = 0; k < whole::lanes; ++k) total.at[k] = C{}(total.at[k], from[part].at[k]);
    }
    if constexpr (!whole::keeps_inner) {
      splat(total, wrapped<program::lane(i)>(team.reduce(total.at[0], C{})));
      return total;
    } else {
      return whole::template together<O>(team, total);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
