// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/pointwise.hpp>
#include <ashlar/nn/chain.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// What activations share: layers without parameters that are functions of values as well. `Self::apply(x)` records
/// one; its result has the shape of x.
template <class Self>
struct activation : layer_base {
  template <class T, int... D>
  constexpr basic_value<T, D...> operator()(basic_value<T, D...> x) const {
    located const here(*x.g, x.at);
    return placed(Self::apply(x));
  }
  template <any_misfit M>
  constexpr M operator()(M m) const {
    return m;
  }
  template <class X>
  constexpr auto operator()(X const&) const requires(!any_misfit<X> && !any_value<X>) {
    takes_values<X>();
  }
};

/// A primitive of one operand, as an activation.
template <op Code>
struct activation_layer : activation<activation_layer<Code>> {
  template <class V>
  static constexpr V apply(V const& x) {
    return detail::apply(Code, x);
  }
};

}  // namespace detail

/// max(x, 0).  gradient: d where x > 0 or NaN, else 0
inline constexpr detail::activation_layer<detail::op::relu> relu;
/// 1 / (1 + e^-x).  gradient: d * y * (1 - y)
inline constexpr detail::activation_layer<detail::op::sigmoid> sigmoid;

/// Asks a function for its layer: tanh(as_layer{}) is the activation, so that `x | tanh` can be written although the
/// C library has a tanh of its own.
struct as_layer {};

/// The layer that `tanh` is in a chain.
using tanh_layer = detail::activation_layer<detail::op::tanh>;
/// tanh as a layer: `linear<32> | tanh`.
constexpr tanh_layer tanh(as_layer) { return {}; }

namespace detail {

template <class A>
constexpr auto operator|(A const& a, tanh_layer (&)(as_layer)) {
  return a | tanh_layer{};
}
template <class B>
constexpr auto operator|(tanh_layer (&)(as_layer), B const& b) {
  return tanh_layer{} | b;
}

}  // namespace detail

}  // namespace ashlar::inline ASHLAR_ABI
