// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/label_loss.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class... Options>
struct nll_with {
  template <class Outputs>
  using target = labels_of<Outputs>;

  template <class... More>
  constexpr nll_with<Options..., More...> with(More...) const requires(is_label_option<More>&&...) {
    return {};
  }
  template <class T, int... D, class U, int... L>
  constexpr auto operator()(basic_value<T, D...> scores, basic_value<U, L...> labels) const {
    using V = basic_value<T, D...>;
    using verdict = decltype(label_loss_verdict<V, basic_value<U, L...>, Options...>());
    if constexpr (any_misfit<verdict>) {
      return verdict{};
    } else {
      graph& g = graph_of(scores, labels);
      located const here(g, place_of(scores, labels));
      return label_loss<V, basic_value<U, L...>, Options...>(V{&g, node_in(g, scores)}, labels).value();
    }
  }
  template <class Scores, class Labels, class M = first_misfit<Scores, Labels>>
  constexpr M operator()(Scores, Labels) const {
    return {};
  }
};

}  // namespace detail

/// The negative log-likelihood: mean over the rows of -log_probabilities[label], as after log_softmax; nll.with(...)
/// takes class_weights<...>, ignore_index<-100>, sum_reduction and no_reduction.
/// shape: log_probabilities [batch, ..., classes], labels int32 [batch, ...] -> [], or the labels' with no_reduction
/// errors: as cross_entropy
inline constexpr detail::nll_with<> nll;

}  // namespace ashlar::inline ASHLAR_ABI
