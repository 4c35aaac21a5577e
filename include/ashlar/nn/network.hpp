// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/target.hpp>
#include <ashlar/nn/chain.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// The shape of one sample, as `input<1, 8, 8>`.
template <class T, int... Dims>
struct input_type {
  static_assert((true && ... && (Dims > 0)), "ashlar: input<...>: every extent must be positive");
  /// The value that holds a batch of inputs.
  template <int Batch>
  using batched = basic_value<T, Batch, Dims...>;
  /// The type of an element.
  using element_type = T;
};
/// The input of a model: floats of this shape.
template <int... Dims>
inline constexpr input_type<float, Dims...> input;
/// input of another dtype: `input_of<double, 16>`.
template <class T, int... Dims>
inline constexpr input_type<T, Dims...> input_of;

/// The objective takes no target.
struct no_target_type {};
/// The tag of an objective without a target.
inline constexpr no_target_type no_target;

/// The maximum of rows of a step, as `batch<64>`.
template <int Size>
struct batch_type {
  static_assert(Size > 0, "ashlar: batch<N>: N must be positive");
  static constexpr int size = Size;  ///< How many rows there are at most.
};
/// The tag of a batch size.
template <int Size>
inline constexpr batch_type<Size> batch;

namespace detail {

/// The value that holds the targets of a batch.
template <class Target, int Batch>
struct batched_target;
template <class T, int... Dims, int Batch>
struct batched_target<target_type<T, Dims...>, Batch> {
  using type = basic_value<T, Batch, Dims...>;
};

template <class Net>
inline constexpr char identity_of = 0;

/// The network as objectives see it: a function. Called again on the same values it is not recorded again; on other
/// values it uses the same parameters and the next call number in its random keys.
template <class Net>
struct network_function {
  template <class V>
  constexpr auto operator()(V x) const {
    graph& g = *x.g;
    located const here(g, x.at);
    void const* const identity = &identity_of<Net>;
    graph& home = g.outermost();
    int const resolved = g.resolved(x.id);
    int number = -1, highest = -1;
    for (call_record const& c : home.calls) {
      if (c.function != identity) continue;
      highest = c.number > highest ? c.number : highest;
      if (c.where != &g) continue;
      if (c.resolved == resolved) number = c.number;
      if (c.input == x.id) {
        using Y = decltype(record(x));
        if constexpr (any_misfit<Y>)
          return Y{};
        else
          return Y{&g, c.output};
      }
    }
    if (number < 0) number = highest + 1;
    body_scope const outside_of_bodies(g);  // on a value that a body captured: once, not in every iteration
    int const before = g.call, scope = g.scope;
    g.call = number;
    g.scope = 0;
    g.paths[0].calls = g.paths[0].draws = 0;
    auto y = record(x);
    g.call = before;
    g.scope = scope;
    if constexpr (!any_misfit<decltype(y)>) {
      home.calls.push({identity, &g, x.id, resolved, number, node_in(g, y)});
    }
    return placed(y);
  }

 private:
  template <class V>
  static constexpr auto record(V x) {
    if constexpr (any_layer<Net>)
      return Net{}(unplaced(x));
    else
      return call_user(*x.g, Net{}, x);
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

/// `fits` where the network takes this input, else what does not fit.
template <class Net, class Input>
constexpr auto network_verdict() {
  if constexpr (!is_stateless<Net>) {
    return misfit<layer_path<>, network_with_state<Net>>{};
  } else {
    using output = decltype(Net{}(std::declval<typename Input::template batched<1>>()));
    if constexpr (any_misfit<output>)
      return output{};
    else
      return fits{};
  }
}

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
