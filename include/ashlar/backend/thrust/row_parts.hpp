// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/fused_row.hpp>
#include <ashlar/backend/thrust/reduction_parts.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Reduces a part of a row, of rows with reductions that do not feed each other.
template <int... Codes>
struct row_part_functor : functor_in_parts<row_functor<Codes...>> {
  using base = functor_in_parts<row_functor<Codes...>>;
  using typename base::program, typename base::registers, typename base::whole, typename base::work;
  static_assert(program::passes == 1);

  /// Bytes of workspace that a step takes.
  static constexpr std::int64_t workspace(std::int64_t const* numbers) {
    return base::room(numbers, program::count, sizeof(typename registers::T));
  }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    auto const own = this->given.template first<whole::operands>();
    device_nest const n(own);
    registers s(own);
    reduction_parts const parts = parts_of_step<whole>(own.numbers);
    std::int64_t const part = take_index(unit, parts.count), first = part * parts.size;
    std::int64_t at;
    if (!whole::find(s, n, unit, at)) return;
    whole::template row_values<0>(s, n);
    typename work::template partials<0> sums;
    whole::template pass<0>(team, s, n, first, first + parts.size, sums);
    keep(team, sums, unit, part, parts.count, typename work::all_instructions{});
  }

 private:
  template <class Team, int... I>
  ASHLAR_INLINE ASHLAR_HD void keep(Team const& team, typename work::template partials<0>& sums, std::int64_t unit,
                                    std::int64_t part, std::int64_t count, std::integer_sequence<int, I...>) const {
    (keep_one<I>(team, sums, unit, part, count), ...);
  }
  template <int I, class Team>
  ASHLAR_INLINE ASHLAR_HD void keep_one(Team const& team, typename work::template partials<0>& sums, std::int64_t unit,
                                        std::int64_t part, std::int64_t count) const {
    if constexpr (work::template reduces_in<0, I>) {
      static_assert(sizeof(typename work::template number<I>) == sizeof(typename registers::T));
      auto const all = team.reduce(work::template across<I>(held<I>(sums).total()), combiner<program::code(I)>{});
      if (team.rank == 0)
        this->template results<typename work::template number<I>>(I, unit, count)[part] =
            wrapped<program::lane(I)>(all);
    }
  }
};

/// Writes its elements, or what a row has one number of, when the reductions of all parts are there.
template <bool Elements, int... Codes>
struct row_of_parts_functor : functor_in_parts<row_functor<Codes...>> {
  using base = functor_in_parts<row_functor<Codes...>>;
  using typename base::program, typename base::registers, typename base::whole, typename base::work;

  static std::int64_t units(std::int64_t const* numbers) {
    return Elements ? base::units(numbers) : whole::units(numbers);
  }
  static std::int64_t packets(std::int64_t const* numbers) {
    return Elements ? base::packets(numbers) : parts_of_step<whole>(numbers).count;
  }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    auto const own = this->given.template first<whole::operands>();
    device_nest const n(own);
    registers s(own);
    reduction_parts const parts = parts_of_step<whole>(own.numbers);
    std::int64_t const first = Elements ? take_index(unit, parts.count) * parts.size : 0;
    std::int64_t at;
    if (!whole::find(s, n, unit, at)) return;
    whole::template row_values<0>(s, n);
    finish(team, s, unit, parts.count, typename work::all_instructions{});
    whole::template row_values<1>(s, n);
    if constexpr (Elements) {
      typename work::template partials<1> no_sums;
      whole::template pass<1>(team, s, n, first, first + parts.size, no_sums);
    } else {
      team.meet();  // a state may be written where others of the team still read it
      if (team.rank == 0) whole::write_row(s, typename work::all_outputs{});
    }
  }

 private:
  template <class Team, int... I>
  ASHLAR_INLINE ASHLAR_HD void finish(Team const& team, registers& s, std::int64_t unit, std::int64_t count,
                                      std::integer_sequence<int, I...>) const {
    (finish_one<I>(team, s, unit, count), ...);
  }
  template <int I, class Team>
  ASHLAR_INLINE ASHLAR_HD void finish_one(Team const& team, registers& s, std::int64_t unit, std::int64_t count) const {
    if constexpr (work::template reduces_in<0, I>) {
      using C = combiner<program::code(I)>;
      auto const* const from = this->template results<typename work::template number<I>>(I, unit, count);
      auto total = work::template nothing<I>();
      for (std::int64_t part = team.rank; part < count; part += team.size) total = C{}(total, from[part]);
      splat(held<I>(s.value), wrapped<program::lane(I)>(team.reduce(total, C{})));
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
