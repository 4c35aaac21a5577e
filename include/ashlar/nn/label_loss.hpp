// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/indexing.hpp>
#include <ashlar/expr/misfit.hpp>
#include <ashlar/nn/loss_options.hpp>

/// What the losses of labels share: scores of classes along the last axis, picked at the index that each row has.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class V, int Dropped>
struct leading_shape {
  static constexpr shape value = [] {
    shape s = V::shape();
    s.rank -= Dropped;
    return s;
  }();
};
/// The target's type, given the outputs': an index for each row.
template <class Outputs>
using labels_of = value_of<std::int32_t, leading_shape<Outputs, 1>>;

template <class Labels, class Needed, class Logits>
struct labels_do_not_fit {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Labels, Needed>,
                  "ashlar: cross_entropy(logits, labels), nll(log_probabilities, labels): the labels must be int32 "
                  "indices in the shape of the logits without their last axis (this message states the labels, what is "
                  "needed, the logits)");
  };
};
template <int Weights, int Classes>
struct class_weights_do_not_fit {
  template <class Path>
  struct report {
    static_assert(Weights == Classes,
                  "ashlar: class_weights<...>: there must be a weight for each class, which is the last axis of the "
                  "logits (this message states how many weights and classes there are)");
  };
};

/// Whether labels and options fit the scores.
template <class Scores, class Labels, class... Options>
constexpr auto label_loss_verdict() {
  constexpr loss_options o = collect_loss<Options...>();
  constexpr int classes = Scores::shape()[Scores::rank - 1];
  if constexpr (!std::is_same_v<Labels, labels_of<Scores>>)
    return misfit<layer_path<>, labels_do_not_fit<Labels, labels_of<Scores>, Scores>>{};
  else if constexpr (o.weight_count != 0 && o.weight_count != classes)
    return misfit<layer_path<>, class_weights_do_not_fit<o.weight_count, classes>>{};
  else
    return fits{};
}

/// A weight for each class, in the shape of the scores: a step function of the class's index.
template <class V>
constexpr V weights_like(V const& scores, double const* weights) {
  graph& g = *scores.g;
  constexpr int last = V::rank - 1, classes = V::shape()[last];
  int const index = add_iota(g, dtype::int32, V::rank, last, classes);
  shape const row = g.extents(index);
  dtype const type = dtype_of<typename V::element_type>;
  int w = add_constant(g, weights[0], type, row);
  for (int c = 1; c < classes; ++c)
    if (weights[c] != weights[c - 1])
      w = select(g, binary(g, op::greater, index, add_constant(g, c - 1, dtype::int32, row)),
                 add_constant(g, weights[c], type, row), w);
  return {&g, broadcast(g, w, V::shape(), g[scores.id].rows)};
}

/// Minus the scores at the labels, weighted, smoothed and reduced as the options want it.
template <class V, class Labels, class... Options>
class label_loss {
 public:
  constexpr label_loss(V const& scores, Labels const& label)
      : g_(graph_of(scores, label)), scores_(&g_, node_in(g_, scores)) {
    shape column = V::shape();
    column.extent[V::rank - 1] = 1;
    int const labels = node_in(g_, label);
    int const rows = g_[scores_.id].rows, index = add_iota(g_, dtype::int32, V::rank, V::rank - 1, classes);
    given_ = reshape(g_, labels, column);
    chosen_ = binary(g_, op::equal, broadcast(g_, index, V::shape(), rows), broadcast(g_, given_, V::shape(), rows));
    note_index(g_, labels, classes);
    if (options.ignores) note_ignored(g_, labels, options.ignored);
  }
  constexpr auto value() const {
    auto const each = counted(sum_keep(picked(), axes<-1>));
    if constexpr (options.reduction == loss_reduction::sum)
      return -sum(each);
    else if constexpr (options.reduction == loss_reduction::none)
      return -value_of<element, leading_shape<V, 1>>{&g_, reshape(g_, each.id, Labels::shape())};
    else if constexpr (weighs)
      return -(sum(each) / sum(counted(sum_keep(at_label(weights_like(scores_, options.weights)), axes<-1>))));
    else if constexpr (options.ignores)
      return -(sum(each) / sum(counted(filled(each, 1))));
    else
      return -mean(each);
  }

 private:
  using element = typename V::element_type;
  static constexpr loss_options options = collect_loss<Options...>();
  static constexpr int classes = V::shape()[V::rank - 1];
  static constexpr bool weighs = options.weight_count > 0;

  /// v at the labels' classes, 0 elsewhere.
  constexpr V at_label(V const& v) const { return {&g_, select(g_, chosen_, v.id, filled(v, 0).id)}; }
  /// 0 in rows that do not count.
  template <class W>
  constexpr W counted(W const& v) const {
    if constexpr (!options.ignores) {
      return v;
    } else {
      int const is_ignored = binary(g_, op::equal, given_, add_like(g_, given_, options.ignored));
      return {&g_, select(g_, is_ignored, add_like(g_, v.id, 0), v.id)};
    }
  }
  constexpr V weighted() const {
    if constexpr (weighs)
      return scores_ * weights_like(scores_, options.weights);
    else
      return scores_;
  }
  constexpr V picked() const {
    if constexpr (options.smoothing == 0) {
      return at_label(weighted());
    } else {
      constexpr double spread = options.smoothing / classes;
      return weighted() * V{&g_, select(g_, chosen_, filled(scores_, 1 - options.smoothing + spread).id,
                                        filled(scores_, spread).id)};
    }
  }

  graph& g_;
  V scores_;
  int given_ = -1, chosen_ = -1;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
