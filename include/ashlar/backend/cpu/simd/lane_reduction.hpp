// SPDX-License-Identifier: MIT
#pragma once
#include <limits>

#include <ashlar/backend/cpu/simd/whole_lanes.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A sum or a maximum of lanes of type L, taken in vector by vector; S is a simd type.
template <class S, op Code, lane_type L>
struct lane_reduction {
  using number = lane_number<S, L>;
  using vector = typename S::vector;

  /// What it is of nothing.
  static constexpr number start = [] {
    if constexpr (Code == op::sum || L == lane_type::truth || L == lane_type::uint8)
      return number{};
    else if constexpr (is_whole(L))
      return std::numeric_limits<number>::min();
    else
      return -std::numeric_limits<number>::infinity();
  }();

  /// Takes in the first `count` lanes of v.
  ASHLAR_INLINE static void take(vector& held, vector const& v, int count) {
    vector x = v;
    if (count < S::width) {
      typename S::mask valid;
      S::first_lanes(valid, count);
      S::splat(x, start);
      S::choose(x, valid, v, x);
    }
    if constexpr (is_whole(L))
      compute_whole<S, Code == op::sum ? op::add : op::maximum>(held, held, x);
    else if constexpr (Code == op::sum)
      held = held + x;
    else
      S::larger(held, held, x);
  }
  /// All lanes as one number.
  ASHLAR_INLINE static number across(vector const& v) {
    number lanes[S::width];
    if constexpr (is_whole(L)) {
      S::store(v, lanes);
      for (int k = 1; k < S::width; ++k)
        lanes[0] = Code == op::max ? larger_or_nan(lanes[0], lanes[k]) : sum_of(lanes[0], lanes[k]);
    } else {
      vector folded = v;
      if constexpr (Code == op::max)
        S::fold_max(folded);
      else
        S::fold_sum(folded);
      S::store(folded, lanes);
    }
    return lanes[0];
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
