// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/simd/special_functions.hpp>
#include <ashlar/backend/cpu/simd/whole_lanes.hpp>

/// The instructions of fused kernels, shared by all of them; S is a simd type.
namespace ashlar::inline ASHLAR_ABI::detail {

/// 1 where a op b holds, 0 elsewhere.
template <class S, op Op, bool Whole>
ASHLAR_INLINE void compare_lanes(typename S::vector& r, typename S::vector const& a, typename S::vector const& b) {
  typename S::vector one, zero{};
  S::splat(one, static_cast<typename S::element>(1));
  if constexpr (Whole) {
    typename S::mask holds;
    compare_whole<S, Op>(holds, a, b);
    S::choose(r, holds, one, zero);
  } else if constexpr (Op == op::greater) {
    S::choose(r, a > b, one, zero);
  } else {
    S::choose(r, a == b, one, zero);
  }
}
/// r = a op b, or op a.
template <class S, op Op>
ASHLAR_INLINE void compute_lanes(typename S::vector& r, typename S::vector const& a,
                                 [[maybe_unused]] typename S::vector const& b) {
  if constexpr (Op == op::neg) {
    r = -a;
  } else if constexpr (Op == op::relu) {
    typename S::vector zero{};
    S::choose(r, a < zero, zero, a);
  } else if constexpr (Op == op::abs) {
    S::magnitude(r, a);
  } else if constexpr (Op == op::sign) {
    typename S::vector one, zero{};
    S::splat(one, static_cast<typename S::element>(1));
    S::choose(r, a > zero, one, a);
    S::choose(r, a < zero, -one, r);
  } else if constexpr (Op == op::add) {
    r = a + b;
  } else if constexpr (Op == op::sub) {
    r = a - b;
  } else if constexpr (Op == op::mul) {
    r = a * b;
  } else if constexpr (Op == op::div) {
    r = a / b;
  } else if constexpr (Op == op::pow) {
    power_lanes<S>(r, a, b);
  } else if constexpr (Op == op::maximum) {
    S::larger(r, a, b);
  } else if constexpr (Op == op::minimum) {
    S::smaller(r, a, b);
  } else {
    elementary<Op, S>(r, a);
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
