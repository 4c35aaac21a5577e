// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/regression_loss.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class... Options>
struct mae_with : regression_loss<mae_with<Options...>, Options...> {
  template <class... More>
  constexpr mae_with<Options..., More...> with(More...) const requires(is_reduction_option<More>&&...) {
    return {};
  }
  template <class V>
  static constexpr V element(V const& outputs, V const& wanted) {
    return abs(outputs - wanted);
  }
};

}  // namespace detail

/// Mean absolute difference, over all elements of the valid rows; mae.with(sum_reduction), mae.with(no_reduction).
/// shape: two of the same -> [], or the same with no_reduction
/// gradient: the sign of the difference, 0 where there is none
inline constexpr detail::mae_with<> mae;

}  // namespace ashlar::inline ASHLAR_ABI
