// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/misfit.hpp>
#include <ashlar/expr/pointwise.hpp>
#include <ashlar/nn/loss_options.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

template <class Wanted, class Outputs>
struct targets_do_not_fit {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Wanted, Outputs>,
                  "ashlar: mse(outputs, targets): both must have one shape and dtype, and so for mae, huber and "
                  "binary_cross_entropy_with_logits (this message states the targets, the outputs)");
  };
};

/// What losses of numbers share: the targets are like the outputs. `Self::element(outputs, targets)` is the loss of
/// each element.
template <class Self, class... Options>
struct regression_loss {
  template <class Outputs>
  using target = Outputs;

  template <class T, int... D, class U, int... E>
  constexpr auto operator()(basic_value<T, D...> outputs, basic_value<U, E...> wanted) const {
    using V = basic_value<T, D...>;
    if constexpr (!std::is_same_v<V, basic_value<U, E...>>) {
      return misfit<layer_path<>, targets_do_not_fit<basic_value<U, E...>, V>>{};
    } else {
      graph& g = graph_of(outputs, wanted);
      located const here(g, place_of(outputs, wanted));
      V const each = Self::element(V{&g, node_in(g, outputs)}, V{&g, node_in(g, wanted)});
      return reduced_loss<collect_loss<Options...>().reduction>(each);
    }
  }
  template <class Outputs, class Wanted, class M = first_misfit<Outputs, Wanted>>
  constexpr M operator()(Outputs, Wanted) const {
    return {};
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
