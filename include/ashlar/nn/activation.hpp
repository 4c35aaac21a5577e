// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/pointwise.hpp>
#include <ashlar/nn/chain.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// A primitive of one operand, as a layer and as a function.
template <op Code>
struct activation_layer : layer_base {
  template <class T, int... D>
  constexpr basic_value<T, D...> operator()(basic_value<T, D...> x) const {
    return detail::apply(Code, x);
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

}  // namespace detail

/// max(x, 0).  gradient: d where x > 0, else 0
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

}  // namespace detail

}  // namespace ashlar::inline ASHLAR_ABI
