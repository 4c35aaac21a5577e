// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>

#include <ashlar/core/target.hpp>
#include <ashlar/nn/network_outputs.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// The shape of one sample, as `input<1, 8, 8>`.
template <class T, int... Dims>
struct input_type : signature::element {
  static_assert((true && ... && (Dims > 0)), "ashlar: input<...>: every extent must be positive");
  /// The value that holds a batch of inputs.
  template <int Batch>
  using batched = basic_value<T, Batch, Dims...>;
  /// The type of an element.
  using element_type = T;
};
/// The input of a model: floats of this shape.
template <int... Dims>
inline constexpr input_type<float, Dims...> input{};
/// input of another dtype: `input_of<double, 16>`.
template <class T, int... Dims>
inline constexpr input_type<T, Dims...> input_of{};

/// The objective takes no target.
struct no_target_type {};
/// The tag of an objective without a target.
inline constexpr no_target_type no_target;

/// The inputs of a network that takes several: what `inputs(...)` makes.
template <class... Inputs>
struct inputs_type {};
/// The targets of an objective that takes several: what `targets(...)` makes.
template <class... Targets>
struct targets_type {};

namespace detail {

/// Types of values in their order.
template <class... V>
struct value_list {
  static constexpr int count = sizeof...(V);
};

template <int K, class List>
struct element_of_list;
template <int K, class... E>
struct element_of_list<K, value_list<E...>> {
  using type = std::tuple_element_t<static_cast<std::size_t>(K), std::tuple<E...>>;
};
template <int K, class List>
using element_at = typename element_of_list<K, List>::type;

/// The values that hold batches of what is described, and the entries with their names.
template <class Described, int Batch>
struct batched_value;
template <class T, int... D, int Batch>
struct batched_value<input_type<T, D...>, Batch> {
  using type = basic_value<T, Batch, D...>;
};
template <class T, int... D, int Batch>
struct batched_value<target_type<T, D...>, Batch> {
  using type = basic_value<T, Batch, D...>;
};

template <class Inputs>
struct entries_of {
  using type = value_list<typename entry_of<Inputs>::type>;
};
template <class... I>
struct entries_of<inputs_type<I...>> {
  using type = value_list<typename entry_of<I>::type...>;
};
template <class... T>
struct entries_of<targets_type<T...>> {
  using type = value_list<typename entry_of<T>::type...>;
};
template <>
struct entries_of<no_target_type> {
  using type = value_list<>;
};
template <class... E, int Batch>
struct batched_value<value_list<E...>, Batch> {
  using type = value_list<typename batched_value<typename E::type, Batch>::type...>;
};
/// The values that hold a batch of inputs, or of targets.
template <class Inputs, int Batch>
using batched_values = typename batched_value<typename entries_of<Inputs>::type, Batch>::type;

template <class Y>
inline constexpr bool is_network_outputs = false;
template <class... E>
inline constexpr bool is_network_outputs<network_outputs<E...>> = true;

/// The entries of what a network returns: one without a name, or those of its outputs.
template <class Y>
struct outputs_of {
  using type = value_list<signature::entry<"", Y>>;
};
template <class... E>
struct outputs_of<network_outputs<E...>> {
  using type = value_list<E...>;
};

template <class X>
constexpr auto value_of_entry(X const& x) {
  if constexpr (any_entry<X>)
    return unplaced(x.what);
  else
    return unplaced(x);
}

template <bool AreValues, class... Given>
struct outputs_of_other_things {
  template <class Path>
  struct report {
    static_assert(
        AreValues,
        "ashlar: a network returns a value, outputs(...) of values or of named<\"...\">(value), or a tuple of "
        "values (this message states what was given)");
  };
};
template <class X>
inline constexpr bool is_output = any_value<X>;
template <any_entry X>
inline constexpr bool is_output<X> = any_value<typename X::type>;

}  // namespace detail

namespace signature {

/// The inputs of a network that is a function of several values, in the order of its parameters.
/// example: auto net = model(two_inputs, inputs(named<"image">(input<1, 8, 8>), input<4>), cpu, seed{1});
template <class... Inputs>
constexpr inputs_type<Inputs...> inputs(Inputs const&...) {
  return {};
}
/// The targets of an objective that takes several, in the order of its parameters; of losses by name.
/// example: auto net = model(digits, input<1, 8, 8>, targets(target<float, 2>, target<std::int32_t>), cpu, seed{1});
template <class... Targets>
constexpr targets_type<Targets...> targets(Targets const&...) {
  return {};
}
/// What a network of several outputs returns.
/// example: return outputs(named<"digit">(linear<10>(x)), named<"value">(linear<1>(x)));
template <class... Values>
constexpr auto outputs(Values const&... values) {
  if constexpr (detail::some_misfit<Values...>)
    return detail::first_misfit<Values...>{};
  else if constexpr (!(detail::is_output<Values> && ...))
    return detail::misfit<layer_path<>, detail::outputs_of_other_things<false, Values...>>{};
  else
    return network_outputs<typename detail::entry_of<Values>::type...>(detail::value_of_entry(values)...);
}

}  // namespace signature

namespace detail {

/// What a network returned, as a value, a misfit or network_outputs.
template <class Y>
constexpr auto network_result(Y const& y) {
  if constexpr (any_misfit<Y> || is_network_outputs<Y>)
    return y;
  else if constexpr (any_value<Y>)
    return unplaced(y);
  else if constexpr (any_entry<Y>)
    return signature::outputs(y);
  else
    return misfit<layer_path<>, outputs_of_other_things<false, Y>>{};
}
template <class... Y>
constexpr auto network_result(std::tuple<Y...> const& y) {
  return std::apply([](Y const&... all) { return signature::outputs(all...); }, y);
}

/// The value of a network's only output, though it has a name; a result of several as it is.
template <class Y>
constexpr Y only_output(Y const& y) {
  return y;
}
template <class E>
constexpr typename E::type only_output(network_outputs<E> const& y) {
  return y.template get<0>();
}
template <class Y>
using only_output_of = decltype(only_output(std::declval<Y const&>()));

/// f(value) for each value of a network's result.
template <class V, class F>
constexpr void each_output(V const& y, F f) {
  f(y);
}
template <class... E, class F>
constexpr void each_output(network_outputs<E...> const& y, F f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) { (f(y.template get<I>()), ...); }
  (std::index_sequence_for<E...>{});
}
/// The result of a network whose values are these nodes.
template <class V>
constexpr V result_at(graph& g, list<int> const& nodes, V const*) {
  return {&g, nodes[0]};
}
template <class... E>
constexpr network_outputs<E...> result_at(graph& g, list<int> const& nodes, network_outputs<E...> const*) {
  return [&]<int... K>(std::integer_sequence<int, K...>) {
    return network_outputs<E...>(typename E::type(&g, nodes[K])...);
  }
  (std::make_integer_sequence<int, static_cast<int>(sizeof...(E))>{});
}

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
