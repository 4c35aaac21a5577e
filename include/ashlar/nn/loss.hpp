// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/composite.hpp>
#include <ashlar/expr/misfit.hpp>

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

template <class Logits, class Labels>
consteval void cross_entropy_labels() {
  static_assert(std::is_same_v<Labels, value_of<std::int32_t, leading_shape<Logits, 1>>>,
                "ashlar: cross_entropy(logits, labels): labels must be int32 indices in the shape of the logits "
                "without their last axis (both types above)");
}

struct cross_entropy_loss {
  /// The target's type, given the outputs': an index for each row.
  template <class Outputs>
  using target = value_of<std::int32_t, leading_shape<Outputs, 1>>;

  template <class T, class... Labels, int... D>
  constexpr basic_value<T> operator()(basic_value<T, D...> logits, Labels... labels) const {
    return one(logits, labels...);
  }
  template <any_misfit M, class Labels>
  constexpr M operator()(M m, Labels) const {
    return m;
  }

 private:
  template <class T, int... D, int... L>
  static constexpr basic_value<T> one(basic_value<T, D...> logits, basic_value<std::int32_t, L...> label) {
    using V = basic_value<T, D...>;
    cross_entropy_labels<V, basic_value<std::int32_t, L...>>();
    graph& g = graph_of(logits, label);
    constexpr int last = V::rank - 1;
    constexpr int classes = V::shape()[last];
    V scores = log_softmax(V{&g, node_in(g, logits)});
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

  template <class T, int... D>
  constexpr basic_value<T> operator()(basic_value<T, D...> outputs, basic_value<T, D...> wanted) const {
    return mean(square(outputs - wanted));
  }
  template <any_misfit M, class Wanted>
  constexpr M operator()(M m, Wanted) const {
    return m;
  }
};

}  // namespace detail

/// Mean over the rows of -log softmax(logits)[label].
/// shape: logits [batch, ..., classes], labels int32 [batch, ...] -> []
inline constexpr detail::cross_entropy_loss cross_entropy;

/// Mean squared difference.  shape: two of the same -> []
inline constexpr detail::mse_loss mse;

}  // namespace ashlar::inline ASHLAR_ABI
