// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/reduction.hpp>
#include <ashlar/nn/constant_number.hpp>

/// What losses take as `.with(...)`.
namespace ashlar::inline ASHLAR_ABI {

/// The mean over the valid rows: what losses return unless told otherwise.
struct mean_reduction_option {};
/// The option: the default.
inline constexpr mean_reduction_option mean_reduction;
/// The sum over the valid rows.
struct sum_reduction_option {};
/// The option.
inline constexpr sum_reduction_option sum_reduction;
/// The loss of each row (of each element, where targets are numbers), for an objective to go on with.
struct no_reduction_option {};
/// The option.
inline constexpr no_reduction_option no_reduction;

/// The share of the target that is spread evenly over all classes.
template <constant_number Share>
struct label_smoothing_option {
  static_assert(Share.value() >= 0 && Share.value() <= 1, "ashlar: label_smoothing<s>: s is a share, 0 <= s <= 1");
};
/// The option, as `cross_entropy.with(label_smoothing<0.1>)`.
template <constant_number Share>
inline constexpr label_smoothing_option<Share> label_smoothing{};

/// A weight for each class; means divide by the sum of the rows' weights.
/// cost: two nodes of the graph for each class whose weight is not that of the class before
template <constant_number... Weights>
struct class_weights_option {
  static_assert(sizeof...(Weights) > 0, "ashlar: class_weights<...>: there must be a weight for each class");
  static constexpr int count = sizeof...(Weights);  ///< How many classes there are.
  /// The weights.
  static constexpr double values[sizeof...(Weights)] = {Weights.value()...};
};
/// The option, as `cross_entropy.with(class_weights<1, 2>)`.
template <constant_number... Weights>
inline constexpr class_weights_option<Weights...> class_weights{};

/// The label of rows that do not count.
template <int Label>
struct ignore_index_option {};
/// The option, as `cross_entropy.with(ignore_index<-100>)`.
template <int Label>
inline constexpr ignore_index_option<Label> ignore_index{};

/// Where huber goes over from squares to a line.
template <constant_number Value>
struct delta_option {
  static_assert(Value.value() > 0, "ashlar: delta<d>: d must be positive");
};
/// The option, as `huber.with(delta<0.5>)`.
template <constant_number Value>
inline constexpr delta_option<Value> delta{};

/// How often a positive target counts.
template <constant_number Value>
struct positive_weight_option {};
/// The option.
template <constant_number Value>
inline constexpr positive_weight_option<Value> positive_weight{};

namespace detail {

enum class loss_reduction : unsigned char { mean, sum, none };

/// Everything that a loss's options say.
struct loss_options {
  loss_reduction reduction = loss_reduction::mean;
  double smoothing = 0;
  double const* weights = nullptr;
  int weight_count = 0;
  bool ignores = false;
  int ignored = 0;
  double delta = 1;
  double positive_weight = 1;
};
constexpr void apply_option(loss_options& o, mean_reduction_option) { o.reduction = loss_reduction::mean; }
constexpr void apply_option(loss_options& o, sum_reduction_option) { o.reduction = loss_reduction::sum; }
constexpr void apply_option(loss_options& o, no_reduction_option) { o.reduction = loss_reduction::none; }
template <constant_number S>
constexpr void apply_option(loss_options& o, label_smoothing_option<S>) {
  o.smoothing = S.value();
}
template <constant_number... W>
constexpr void apply_option(loss_options& o, class_weights_option<W...>) {
  o.weights = class_weights_option<W...>::values;
  o.weight_count = sizeof...(W);
}
template <int L>
constexpr void apply_option(loss_options& o, ignore_index_option<L>) {
  o.ignores = true;
  o.ignored = L;
}
template <constant_number D>
constexpr void apply_option(loss_options& o, delta_option<D>) {
  o.delta = D.value();
}
template <constant_number W>
constexpr void apply_option(loss_options& o, positive_weight_option<W>) {
  o.positive_weight = W.value();
}
template <class... Options>
constexpr loss_options collect_loss() {
  loss_options o;
  (apply_option(o, Options{}), ...);
  return o;
}

/// Which options a loss takes.
template <class O>
inline constexpr bool is_reduction_option =
    std::is_same_v<O, mean_reduction_option> || std::is_same_v<O, sum_reduction_option> ||
    std::is_same_v<O, no_reduction_option>;
template <class O>
inline constexpr bool is_label_option = is_reduction_option<O>;
template <constant_number... W>
inline constexpr bool is_label_option<class_weights_option<W...>> = true;
template <int L>
inline constexpr bool is_label_option<ignore_index_option<L>> = true;
template <class O>
inline constexpr bool is_smoothing_option = false;
template <constant_number S>
inline constexpr bool is_smoothing_option<label_smoothing_option<S>> = true;
template <class O>
inline constexpr bool is_delta_option = false;
template <constant_number D>
inline constexpr bool is_delta_option<delta_option<D>> = true;
template <class O>
inline constexpr bool is_positive_weight_option = false;
template <constant_number W>
inline constexpr bool is_positive_weight_option<positive_weight_option<W>> = true;

/// A loss of each element as the options want it.
template <loss_reduction How, class V>
constexpr auto reduced_loss(V const& each) {
  if constexpr (How == loss_reduction::mean)
    return mean(each);
  else if constexpr (How == loss_reduction::sum)
    return sum(each);
  else
    return each;
}

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
