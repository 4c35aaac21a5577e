// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>

#include <ashlar/nn/regression_loss.hpp>
#include <ashlar/nn/softplus.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

struct binary_cross_entropy_gradient {
  template <class V>
  constexpr std::tuple<V, V> operator()(V x, V target, V, V d) const {
    return {d * (sigmoid(x) - target), -(d * x)};
  }
};

template <class... Options>
struct binary_cross_entropy_with_logits_with
    : regression_loss<binary_cross_entropy_with_logits_with<Options...>, Options...> {
  template <class... More>
  constexpr binary_cross_entropy_with_logits_with<Options..., More...> with(More...) const
      requires((is_reduction_option<More> || is_positive_weight_option<More>)&&...) {
    return {};
  }
  template <class V>
  static constexpr V element(V const& x, V const& target) {
    constexpr double weight = collect_loss<Options...>().positive_weight;
    if constexpr (weight != 1)
      return (1 - target) * x + (target * (weight - 1) + 1) * log_of_one_more(-x);
    else  // large parts cancel before the small one is added
      return stated_of_several<binary_cross_entropy_gradient>("binary_cross_entropy_with_logits",
                                                              (relu(x) - x * target) + log1p(exp(-abs(x))), x, target);
  }
};

}  // namespace detail

/// Mean over all elements of the valid rows of -t log(p) - (1 - t) log(1 - p), p = sigmoid(logit), for logits of any
/// finite size; binary_cross_entropy_with_logits.with(...) takes positive_weight<3>, sum_reduction and no_reduction.
/// shape: logits and targets of one shape -> [], or the same with no_reduction
/// gradient: sigmoid(logit) - t, stated
/// source: torch.nn.BCEWithLogitsLoss
inline constexpr detail::binary_cross_entropy_with_logits_with<> binary_cross_entropy_with_logits;

}  // namespace ashlar::inline ASHLAR_ABI
