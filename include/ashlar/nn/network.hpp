// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/signature.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// The maximum of rows of a step, as `batch<64>`.
template <int Size>
struct batch_type {
  static_assert(Size > 0, "ashlar: batch<N>: N must be positive");
  static constexpr int size = Size;  ///< How many rows there are at most.
};
/// The tag of a batch size.
template <int Size>
inline constexpr batch_type<Size> batch{};

namespace detail {

template <class Net>
inline constexpr char identity_of = 0;

/// The network as objectives see it: a function. Called again on the same values it is not recorded again; on other
/// values it uses the same parameters and the next call number in its random keys.
template <class Net>
struct network_function {
  template <class... V>
  constexpr auto operator()(V... x) const {
    if constexpr (some_misfit<V...>) {
      return first_misfit<V...>{};
    } else {
      graph& g = graph_of(x...);
      located const here(g, place_of(x...));
      graph& home = g.outermost();
      call_record call{&identity_of<Net>, &g, {}, {}, -1, {}};
      (call.inputs.push(node_in(g, x)), ...);
      for (int input : call.inputs) call.resolved.push(g.resolved(input));
      using Y = decltype(record(g, x...));
      int highest = -1;
      for (call_record const& c : home.calls) {
        if (c.function != call.function) continue;
        highest = c.number > highest ? c.number : highest;
        if (c.where != &g) continue;
        if (equal(c.resolved, call.resolved)) call.number = c.number;
        if (!equal(c.inputs, call.inputs)) continue;
        if constexpr (any_misfit<Y>)
          return Y{};
        else
          return placed(result_at(g, c.outputs, static_cast<Y*>(nullptr)));
      }
      if (call.number < 0) call.number = highest + 1;
      body_scope const outside_of_bodies(g);  // on values that a body captured: once, not in every iteration
      int const before = g.call, scope = g.scope;
      g.call = call.number;
      g.scope = 0;
      g.paths[0].calls = g.paths[0].draws = 0;
      auto y = record(g, x...);
      g.call = before;
      g.scope = scope;
      if constexpr (!any_misfit<Y>) {
        each_output(y, [&](auto const& v) { call.outputs.push(node_in(g, v)); });
        home.calls.push(call);
      }
      return placed(y);
    }
  }

 private:
  static constexpr bool equal(list<int> const& a, list<int> const& b) {
    for (int i = 0; i < a.size(); ++i)
      if (i >= b.size() || a[i] != b[i]) return false;
    return a.size() == b.size();
  }
  template <class... V>
  static constexpr auto record(graph& g, V const&... x) {
    if constexpr (any_layer<Net>)
      return network_result(Net{}(unplaced(x)...));
    else
      return network_result(call_user(g, Net{}, x...));
  }
};

/// An objective is called with (network, input, target), a loss with (outputs, target).
template <class F, class... Arguments>
concept called_with = requires(F f, Arguments... arguments) {
  f(arguments...);
};

template <class Net>
inline constexpr bool is_stateless = std::is_empty_v<Net>&& std::is_default_constructible_v<Net>;

template <class Net>
struct network_with_state {
  template <class Path>
  struct report {
    static_assert(is_stateless<Net>,
                  "ashlar: a network must not hold run-time state: it is its type. A lambda in it captures something; "
                  "give that as a template argument instead");
  };
};

template <int Inputs, class Net, class... V>
struct network_of_other_inputs {
  template <class Path>
  struct report {
    static_assert(Inputs < 0,
                  "ashlar: the network is a function of another number of values than the model has inputs: "
                  "inputs(input<...>, input<...>) describes two, in the order of its parameters (this message states "
                  "how many inputs were given, the network, and the inputs)");
  };
};
template <class Name>
struct two_of_one_name {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Name, Path>,
                  "ashlar: two inputs, or two outputs, two losses or two targets, have one name: give each a name of "
                  "its own (this message states the name)");
  };
};

/// What a network returns for values like these: a value, network_outputs or a misfit.
template <class Net, class Values>
struct result_type;
template <class Net, class... V>
struct result_type<Net, value_list<V...>> {
  using type = decltype(network_result(Net{}(std::declval<V>()...)));
};
template <class Net, class Values>
using result_of = typename result_type<Net, Values>::type;

/// `fits` where no two entries have one name, else what says which.
template <class... E>
constexpr auto names_verdict(value_list<E...>) {
  constexpr int count = static_cast<int>(sizeof...(E));
  constexpr int doubled = [] {
    char const* const names[] = {E::name..., ""};
    for (int k = 0; k < count; ++k)
      if (names[k][0] && find_name<E...>(names[k]) < k) return k;
    return -1;
  }();
  if constexpr (doubled < 0)
    return fits{};
  else
    return misfit<layer_path<>, two_of_one_name<typename std::tuple_element_t<
                                    static_cast<std::size_t>(doubled < 0 ? 0 : doubled), std::tuple<E...>>::letters>>{};
}

/// `fits` where the network takes these values, else what does not fit.
template <class Net, class... V>
constexpr auto call_verdict(value_list<V...> values) {
  if constexpr (!called_with<Net, V...>) {
    return misfit<layer_path<>, network_of_other_inputs<static_cast<int>(sizeof...(V)), Net, V...>>{};
  } else {
    using output = result_of<Net, decltype(values)>;
    if constexpr (any_misfit<output>)
      return output{};
    else
      return names_verdict(typename outputs_of<output>::type{});
  }
}
/// `fits` where the network takes this input, else what does not fit.
template <class Net, class Input>
constexpr auto network_verdict() {
  if constexpr (!is_stateless<Net>) {
    return misfit<layer_path<>, network_with_state<Net>>{};
  } else {
    using names = decltype(names_verdict(typename entries_of<Input>::type{}));
    if constexpr (any_misfit<names>)
      return names{};
    else
      return call_verdict<Net>(batched_values<Input, 1>{});
  }
}

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
