// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/composite.hpp>
#include <ashlar/expr/elementary.hpp>
#include <ashlar/nn/regression_loss.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <constant_number Delta>
struct huber_gradient {
  template <class V>
  constexpr V operator()(V difference, V, V d) const {
    return d * clamp(difference, -Delta.value(), Delta.value());
  }
};

template <class... Options>
struct huber_with : regression_loss<huber_with<Options...>, Options...> {
  template <class... More>
  constexpr huber_with<Options..., More...> with(More...) const
      requires((is_reduction_option<More> || is_delta_option<More>)&&...) {
    return {};
  }
  template <class V>
  static constexpr V element(V const& outputs, V const& wanted) {
    constexpr double delta = collect_loss<Options...>().delta;
    auto const difference = outputs - wanted;
    auto const near = clamp(difference, -delta, delta);
    return stated<huber_gradient<delta>>("huber", difference, near * (difference - near * 0.5));
  }
};

}  // namespace detail

/// Half the squared difference where that is at most delta, delta * (|difference| - delta / 2) elsewhere; the mean over
/// all elements of the valid rows. huber.with(delta<0.5>), delta is 1 unless given; sum_reduction, no_reduction.
/// shape: two of the same -> [], or the same with no_reduction
/// gradient: the difference, cut at +-delta, stated
/// source: Huber, "Robust estimation of a location parameter", 1964
inline constexpr detail::huber_with<> huber;

}  // namespace ashlar::inline ASHLAR_ABI
