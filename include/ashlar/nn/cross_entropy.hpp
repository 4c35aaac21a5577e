// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/label_loss.hpp>
#include <ashlar/nn/softmax.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class... Options>
struct cross_entropy_with {
  template <class Outputs>
  using target = labels_of<Outputs>;

  template <class... More>
  constexpr cross_entropy_with<Options..., More...> with(More...) const
      requires((is_label_option<More> || is_smoothing_option<More>)&&...) {
    return {};
  }
  template <class T, int... D, class U, int... L>
  constexpr auto operator()(basic_value<T, D...> logits, basic_value<U, L...> labels) const {
    using V = basic_value<T, D...>;
    using verdict = decltype(label_loss_verdict<V, basic_value<U, L...>, Options...>());
    if constexpr (any_misfit<verdict>) {
      return verdict{};
    } else {
      graph& g = graph_of(logits, labels);
      located const here(g, place_of(logits, labels));
      V const scores = log_softmax(V{&g, node_in(g, logits)});
      return named_composite("cross_entropy", logits,
                             label_loss<V, basic_value<U, L...>, Options...>(scores, labels).value());
    }
  }
  template <class Logits, class Labels, class M = first_misfit<Logits, Labels>>
  constexpr M operator()(Logits, Labels) const {
    return {};
  }
};
using cross_entropy_loss = cross_entropy_with<>;

}  // namespace detail

/// Mean over the rows of -log softmax(logits)[label]; cross_entropy.with(...) takes label_smoothing<0.1>,
/// class_weights<1, 2, ...>, ignore_index<-100>, sum_reduction and no_reduction. A weighted mean divides by the sum of
/// the weights of the rows that count.
/// shape: logits [batch, ..., classes], labels int32 [batch, ...] -> [], or the labels' with no_reduction
/// errors: a trainer refuses labels out of range; in evaluate and compile such a row's loss is 0
/// source: torch.nn.CrossEntropyLoss, of which the classes are the last axis here
inline constexpr detail::cross_entropy_loss cross_entropy;

}  // namespace ashlar::inline ASHLAR_ABI
