// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/regression_loss.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class... Options>
struct mse_with : regression_loss<mse_with<Options...>, Options...> {
  template <class... More>
  constexpr mse_with<Options..., More...> with(More...) const requires(is_reduction_option<More>&&...) {
    return {};
  }
  template <class V>
  static constexpr V element(V const& outputs, V const& wanted) {
    return square(outputs - wanted);
  }
};
using mse_loss = mse_with<>;

}  // namespace detail

/// Mean squared difference, over all elements of the valid rows; mse.with(sum_reduction), mse.with(no_reduction).
/// shape: two of the same -> [], or the same with no_reduction
inline constexpr detail::mse_loss mse;

}  // namespace ashlar::inline ASHLAR_ABI
