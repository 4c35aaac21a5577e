// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/scope.hpp>

namespace ashlar::inline ASHLAR_ABI {

namespace detail {

/// What composes with `|`.
struct layer_base {};
template <class L>
concept any_layer = std::is_base_of_v<layer_base, std::remove_cvref_t<L>>;
template <class L>
concept element_layer = any_layer<L> && requires {
  typename L::element;
};

template <class... X>
consteval void takes_values() {
  static_assert(
      (any_value<X> && ...),
      "ashlar: layers and operators take values, which stand for tensors in a network or a function; a tensor "
      "is data: evaluate(cpu, function, tensors...) runs a function on it (this message states what was "
      "given)");
}

/// The name that a layer gives its path instead of an index.
template <class L>
constexpr int path_of_element(graph& g, L const& layer, int number) {
  if constexpr (requires { layer.path(g); })
    return layer.path(g);
  else
    return index_path(g, number);
}
/// Calls a layer or function whose path is entered already.
template <class L, class X>
constexpr auto call_inside(L const& layer, X const& x) {
  if constexpr (requires { layer.apply(x); })
    return layer.apply(unplaced(x));
  else if constexpr (any_layer<L>)
    return layer(unplaced(x));
  else
    return call_user(*x.g, layer, x);
}
template <class L, class X>
constexpr auto complaint_of(L const& layer, X const& x) {
  if constexpr (requires { layer.check(x); })
    return layer.check(x);
  else
    return fits{};
}

/// What a message's path calls element number I of a chain.
template <class L, int I>
struct step_of {
  using type = index<I>;
};
template <class L, int I>
requires requires { typename L::step; }
struct step_of<L, I> {
  using type = typename L::step;
};

template <class X>
struct carried {
  X x;
};
template <int I, class L>
struct chain_element {
  int first;
};

template <class X, int I, class L>
constexpr auto operator>>(carried<X> in, chain_element<I, L> element) {
  if constexpr (any_misfit<X>) {
    return in;
  } else {
    using complaint = decltype(complaint_of(L{}, in.x));
    if constexpr (!std::is_same_v<complaint, fits>) {
      return carried<misfit<layer_path<typename step_of<L, I>::type>, complaint>>{};
    } else {
      scoped_path scope(*in.x.g, path_of_element(*in.x.g, L{}, element.first + I));
      auto y = call_inside(L{}, in.x);
      if constexpr (any_misfit<decltype(y)>)
        return carried{below<typename step_of<L, I>::type>(y)};
      else
        return carried<decltype(y)>{y};
    }
  }
}
template <class X>
carried(X) -> carried<X>;

template <class Sequence, class... L>
struct chain_of;
template <int... I, class... L>
struct chain_of<std::integer_sequence<int, I...>, L...> : layer_base {
  template <class X>
  constexpr auto operator()(X given) const {
    if constexpr (any_misfit<X>) {
      return given;
    } else {
      takes_values<X>();
      X const x = brought_in(given);
      located const here(*x.g, x.at);
      int const first = take_indices(*x.g, sizeof...(L));
      return placed((carried<X>{x} >> ... >> chain_element<I, L>{first}).x);
    }
  }
};

}  // namespace detail

/// Layers one after the other, left to right: what `|` makes.
template <class... L>
struct chain : detail::chain_of<std::make_integer_sequence<int, sizeof...(L)>, L...> {
  static_assert((std::is_empty_v<L> && ...),
                "ashlar: a network must not hold run-time state: a lambda in it captures something; give it as a "
                "template argument, or call the lambda inside an objective");
};

namespace detail {

template <class A, class B>
constexpr chain<A, B> joined(A const*, B const*) {
  return {};
}
template <class... A, class B>
constexpr chain<A..., B> joined(chain<A...> const*, B const*) {
  return {};
}
template <class A, class... B>
constexpr chain<A, B...> joined(A const*, chain<B...> const*) {
  return {};
}
template <class... A, class... B>
constexpr chain<A..., B...> joined(chain<A...> const*, chain<B...> const*) {
  return {};
}

/// a | b: b after a. Composition is associative: the elements of chains are numbered from 0 throughout. One of the two
/// must be a layer, since no operator is looked up for two lambdas: `identity | f | g`, or `f | (g | layer)`.
template <class A, class B>
requires(any_layer<A> || any_layer<B>) constexpr auto operator|(A const& a, B const& b) { return joined(&a, &b); }
}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
