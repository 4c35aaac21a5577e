// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/losses.hpp>
#include <ashlar/train/forward_recorders.hpp>

/// What a trainer makes small: an objective of the network and its inputs, a loss of its outputs, or several losses
/// with weights; and the targets that each takes.
namespace ashlar::inline ASHLAR_ABI::detail {

/// The index of the output that loss number K is of; -1: there is none of its name.
template <int K, class Entry, class... Output>
constexpr int output_of_loss(value_list<Output...>) {
  return Entry::name[0] ? find_name<Output...>(Entry::name) : K < static_cast<int>(sizeof...(Output)) ? K : -1;
}
/// The type of a loss's target: stated by the model, or the loss's own, or an int32 index for each row.
template <class Loss, class Outputs, int Batch>
constexpr auto own_target() {
  using output = only_output_of<Outputs>;
  if constexpr (is_network_outputs<output>)
    return basic_value<std::int32_t, Batch>{};
  else if constexpr (requires { typename Loss::template target<output>; })
    return typename Loss::template target<output>{};
  else
    return basic_value<std::int32_t, Batch>{};
}
/// The number of the stated target of loss number K: by its name, or by its place; -1: none is stated.
template <int K, class Entry, class... Stated>
constexpr int stated_target(value_list<Stated...>) {
  bool const have_names[] = {false, (Stated::name[0] != 0)...};
  bool named = false;
  for (bool has : have_names) named = named || has;
  if (named) return Entry::name[0] ? find_name<Stated...>(Entry::name) : -1;
  return K < static_cast<int>(sizeof...(Stated)) ? K : -1;
}

/// The values that hold the targets of a batch.
template <class Objective, class Outputs, class Target, int Batch>
struct targets_of {
  using type = batched_values<Target, Batch>;
};
template <class Objective, class Outputs, int Batch>
struct targets_of<Objective, Outputs, void, Batch> {
  using type = value_list<decltype(own_target<Objective, Outputs, Batch>())>;
};
template <class... Loss, class Outputs, class Target, int Batch>
struct targets_of<weighted_losses<Loss...>, Outputs, Target, Batch> {
  using outputs = typename outputs_of<Outputs>::type;
  using stated = typename entries_of<Target>::type;

  template <int K, class L>
  static constexpr auto pick() {
    using entry = typename L::entry;
    constexpr int given = stated_target<K, entry>(stated{}), output = output_of_loss<K, entry>(outputs{});
    if constexpr (given >= 0)
      return typename batched_value<typename element_at<given, stated>::type, Batch>::type{};
    else
      return own_target<typename L::loss, typename element_at<output, outputs>::type, Batch>();
  }
  template <int... K>
  static constexpr auto pick_all(std::integer_sequence<int, K...>) -> value_list<decltype(pick<K, Loss>())...>;
  using type = decltype(pick_all(std::make_integer_sequence<int, static_cast<int>(sizeof...(Loss))>{}));
};
template <class... Loss, class Outputs, int Batch>
struct targets_of<weighted_losses<Loss...>, Outputs, void, Batch>
    : targets_of<weighted_losses<Loss...>, Outputs, no_target_type, Batch> {};
template <class Objective, class Outputs, class Target, int Batch>
using target_values = typename targets_of<Objective, Outputs, Target, Batch>::type;

/// The names of the targets, one for each.
template <class Objective, class Target, class Values>
struct target_names {
  using type = typename entries_of<Target>::type;
};
template <class Objective, class V>
struct target_names<Objective, void, value_list<V>> {
  using type = value_list<signature::entry<"", V>>;
};
template <class... Loss, class Target, class... V>
struct target_names<weighted_losses<Loss...>, Target, value_list<V...>> {
  using type = value_list<typename Loss::entry...>;
};
template <class... Loss, class V>
struct target_names<weighted_losses<Loss...>, void, value_list<V>> {
  using type = value_list<typename Loss::entry...>;
};

/// What an objective returned: the loss, and the nodes of those that it is the sum of.
template <class V>
struct objective_value {
  V total;
  list<int> singles{};
};

template <std::int64_t Numbers, class Result>
struct objective_of_many_numbers {
  template <class Path>
  struct report {
    static_assert(Numbers == 1,
                  "ashlar: an objective must return a single number; use mean or sum (this message states how many it "
                  "returns, and its result)");
  };
};
template <class V>
constexpr auto weigh(V const& single, int scalar) {
  if constexpr (!any_value<V>) {
    return network_result(single);
  } else if constexpr (V::size() != 1) {
    return misfit<layer_path<>, objective_of_many_numbers<V::size(), V>>{};
  } else {
    using T = typename V::element_type;
    return basic_value<T>(single.g, add_scalar(*single.g, dtype_of<T>, scalar)) * unplaced(single);
  }
}

template <class Objective, class Net, int FirstScalar>
struct objective_call {
  template <class... X, class... T>
  static constexpr auto value(std::tuple<X...> const& x, std::tuple<T...> const& t) {
    return value(x, t, std::index_sequence_for<X...>{}, std::index_sequence_for<T...>{});
  }

 private:
  template <class... X, class... T, std::size_t... I, std::size_t... K>
  static constexpr auto value(std::tuple<X...> const& x, std::tuple<T...> const& t, std::index_sequence<I...>,
                              std::index_sequence<K...>) {
    network_function<Net> net;
    if constexpr (sizeof...(T) == 0 || called_with<Objective, network_function<Net>, X..., T...>)
      return of(Objective{}(net, unplaced(std::get<I>(x))..., unplaced(std::get<K>(t))...));
    else
      return of(loss_of(net(unplaced(std::get<I>(x))...), std::get<K>(t)...));
  }
  template <class Y, class... T>
  static constexpr auto loss_of(Y const& outputs, T const&... targets) {
    if constexpr (any_value<only_output_of<Y>> && (any_value<Y> || !called_with<Objective, Y, T...>))
      return Objective{}(unplaced(only_output(outputs)), unplaced(targets)...);
    else
      return Objective{}(outputs, unplaced(targets)...);
  }
  template <class Y>
  static constexpr auto of(Y const& loss) {
    if constexpr (any_value<Y>)
      return objective_value<Y>{unplaced(loss)};
    else
      return objective_value<Y>{loss};
  }
};
template <class... Loss, class Net, int FirstScalar>
struct objective_call<weighted_losses<Loss...>, Net, FirstScalar> {
  template <class... X, class... T>
  static constexpr auto value(std::tuple<X...> const& x, std::tuple<T...> const& t) {
    return value(call_network<Net>(x), t, std::make_integer_sequence<int, static_cast<int>(sizeof...(T))>{});
  }

 private:
  template <class Y, class... T, int... K>
  static constexpr auto value(Y const& y, std::tuple<T...> const& t, std::integer_sequence<int, K...>) {
    using singles = std::tuple<decltype(single<K, Loss>(y, std::declval<T>()))...>;
    singles const each{single<K, Loss>(y, std::get<static_cast<std::size_t>(K)>(t))...};
    auto total = (... + weigh(std::get<static_cast<std::size_t>(K)>(each), FirstScalar + K));
    objective_value<decltype(total)> all{total};
    if constexpr (any_value<decltype(total)>) (all.singles.push(std::get<static_cast<std::size_t>(K)>(each).id), ...);
    return all;
  }
  template <int K, class L, class Y, class T>
  static constexpr auto single(Y const& y, T const& target) {
    using loss = typename L::loss;
    constexpr int k = output_of_loss<K, typename L::entry>(typename outputs_of<Y>::type{});
    if constexpr (is_network_outputs<Y>)
      return loss{}(unplaced(y.template get<static_cast<std::size_t>(k)>()), unplaced(target));
    else
      return loss{}(unplaced(y), unplaced(target));
  }
};

/// The loss of an objective; its weights are the scalars from number FirstScalar on.
template <class Objective, class Net, int FirstScalar, class... X, class... T>
constexpr auto call_objective(std::tuple<X...> const& inputs, std::tuple<T...> const& targets) {
  return objective_call<Objective, Net, FirstScalar>::value(inputs, targets);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
