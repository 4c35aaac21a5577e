// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/fused_column.hpp>
#include <ashlar/backend/thrust/reduction_parts.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Reduces a part of the elements of column_functor's unit.
template <int... Codes>
struct column_part_functor : functor_in_parts<column_functor<Codes...>> {
  using base = functor_in_parts<column_functor<Codes...>>;
  using typename base::program, typename base::registers, typename base::whole, typename base::work;

  /// Bytes of workspace that a step takes.
  static constexpr std::int64_t workspace(std::int64_t const* numbers) {
    return base::room(numbers, program::outputs, sizeof(typename registers::T) * whole::lanes);
  }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    auto const own = this->given.template first<whole::operands>();
    device_nest const n(own);
    registers s(own);
    reduction_parts const parts = parts_of_step<whole>(this->given.numbers);
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
    if (team.rank == 0) this->template results<Packet>(O, unit, count)[part] = all;
  }
};

/// The results of units whose parts are there.
template <int... Codes>
struct column_of_parts_functor : functor_in_parts<column_functor<Codes...>> {
  using base = functor_in_parts<column_functor<Codes...>>;
  using typename base::program, typename base::registers, typename base::whole, typename base::work;

  static std::int64_t units(std::int64_t const* numbers) { return whole::units(numbers); }
  static std::int64_t packets(std::int64_t const* numbers) { return parts_of_step<whole>(numbers).count; }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    auto const own = this->given.template first<whole::operands>();
    device_nest const n(own);
    registers s(own);
    typename whole::place p;
    if (whole::find(s, n, unit, p)) finish(team, s, n, p, unit, typename work::all_outputs{});
  }

 private:
  template <class Team, int... O>
  ASHLAR_INLINE ASHLAR_HD void finish(Team const& team, registers& s, device_nest const& n,
                                      typename whole::place const& p, std::int64_t unit,
                                      std::integer_sequence<int, O...>) const {
    (whole::template write<O>(team, s, n, p, result<O>(team, unit)), ...);
  }
  template <int O, class Team>
  ASHLAR_INLINE ASHLAR_HD auto result(Team const& team, std::int64_t unit) const {
    constexpr int i = program::output_instruction(O);
    using packet_type = typename work::template lane_packet<i>;
    using C = combiner<program::code(i)>;
    std::int64_t const count = parts_of_step<whole>(this->given.numbers).count;
    packet_type const* const from = this->template results<packet_type>(O, unit, count);
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
