// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/indexing.hpp>
#include <ashlar/expr/misfit.hpp>
#include <ashlar/nn/softmax.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class V, int Dropped>
struct leading_shape {
  static constexpr shape value = [] {
    shape s = V::shape();
    s.rank -= Dropped;
    return s;
  }();
};

template <class Labels, class Needed, class Logits>
struct cross_entropy_labels_do_not_fit {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Labels, Needed>,
                  "ashlar: cross_entropy(logits, labels): the labels must be int32 indices in the shape of the logits "
                  "without their last axis (this message states the labels, what is needed, the logits)");
  };
};
template <class Wanted, class Outputs>
struct mse_targets_do_not_fit {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Wanted, Outputs>,
                  "ashlar: mse(outputs, targets): both must have one shape and dtype (this message states the "
                  "targets, the outputs)");
  };
};

struct cross_entropy_loss {
  /// The target's type, given the outputs': an index for each row.
  template <class Outputs>
  using target = value_of<std::int32_t, leading_shape<Outputs, 1>>;

  template <class T, int... D, class U, int... L>
  constexpr auto operator()(basic_value<T, D...> logits, basic_value<U, L...> labels) const {
    using needed = target<basic_value<T, D...>>;
    if constexpr (!std::is_same_v<basic_value<U, L...>, needed>)
      return misfit<layer_path<>,
                    cross_entropy_labels_do_not_fit<basic_value<U, L...>, needed, basic_value<T, D...>>>{};
    else
      return loss(logits, labels);
  }
  template <class Logits, class Labels, class M = first_misfit<Logits, Labels>>
  constexpr M operator()(Logits, Labels) const {
    return {};
  }

 private:
  template <class T, int... D, int... L>
  static constexpr basic_value<T> loss(basic_value<T, D...> const& logits,
                                       basic_value<std::int32_t, L...> const& label) {
    using V = basic_value<T, D...>;
    graph& g = graph_of(logits, label);
    located const here(g, place_of(logits, label));
    constexpr int last = V::rank - 1;
    constexpr int classes = V::shape()[last];
    V scores = log_softmax(V{&g, node_in(g, logits)});
    if (label.g == &g) note_index(g, label.id, classes);
    int index = add_iota(g, dtype::int32, V::rank, last, classes);
    shape column = V::shape();
    column.extent[last] = 1;
    int rows = g[scores.id].rows;
    int wanted = broadcast(g, reshape(g, node_in(g, label), column), V::shape(), rows);
    int chosen = binary(g, op::equal, broadcast(g, index, V::shape(), rows), wanted);
    V picked{&g, select(g, chosen, scores.id, filled(scores, 0).id)};
    return named_composite("cross_entropy", logits, -mean(sum_keep(picked, axes<-1>)));
  }
};

struct mse_loss {
  template <class Outputs>
  using target = Outputs;

  template <class T, int... D, class U, int... E>
  constexpr auto operator()(basic_value<T, D...> outputs, basic_value<U, E...> wanted) const {
    if constexpr (!std::is_same_v<basic_value<T, D...>, basic_value<U, E...>>)
      return misfit<layer_path<>, mse_targets_do_not_fit<basic_value<U, E...>, basic_value<T, D...>>>{};
    else
      return loss(outputs, wanted);
  }
  template <class Outputs, class Wanted, class M = first_misfit<Outputs, Wanted>>
  constexpr M operator()(Outputs, Wanted) const {
    return {};
  }

 private:
  template <class V>
  static constexpr auto loss(V const& outputs, V const& wanted) {
    located const here(graph_of(outputs, wanted), place_of(outputs, wanted));
    return mean(square(outputs - wanted));
  }
};

}  // namespace detail

/// Mean over the rows of -log softmax(logits)[label].
/// shape: logits [batch, ..., classes], labels int32 [batch, ...] -> []
/// errors: a trainer refuses labels out of range; in evaluate and compile such a row's loss is 0
inline constexpr detail::cross_entropy_loss cross_entropy;

/// Mean squared difference.  shape: two of the same -> []
inline constexpr detail::mse_loss mse;

}  // namespace ashlar::inline ASHLAR_ABI
