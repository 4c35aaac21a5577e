// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/composite.hpp>
#include <ashlar/nn/activation.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <int Axis>
struct log_softmax_gradient {
  template <class V>
  constexpr V operator()(V, V y, V d) const {
    return d - exp(y) * sum_keep(d, axes<Axis>);
  }
};

template <int Axis>
struct softmax_gradient {
  template <class V>
  constexpr V operator()(V, V y, V d) const {
    auto const part = y * d;
    return part - y * sum_keep(part, axes<Axis>);
  }
};
/// x less the largest of its row: e to it is finite, and for one of a row it is 1.
template <int Axis, class V>
constexpr V below_largest(V const& x) {
  auto const largest = max_keep(x, axes<Axis>);
  return select(equal(x, largest), filled(x, 0), x - largest);  // inf - inf would be NaN
}

template <int Axis>
struct log_softmax_layer : activation<log_softmax_layer<Axis>> {
  template <int Other>
  constexpr log_softmax_layer<Other> with(axes_type<Other>) const {
    return {};
  }
  template <class V>
  static constexpr V apply(V const& x) {
    auto const shifted = below_largest<Axis>(x);
    return stated<log_softmax_gradient<Axis>>("log_softmax", x, shifted - log(sum_keep(exp(shifted), axes<Axis>)));
  }
};
template <int Axis>
struct softmax_layer : activation<softmax_layer<Axis>> {
  template <int Other>
  constexpr softmax_layer<Other> with(axes_type<Other>) const {
    return {};
  }
  template <class V>
  static constexpr V apply(V const& x) {
    auto const e = exp(below_largest<Axis>(x));
    return stated<softmax_gradient<Axis>>("softmax", x, e * (1 / sum_keep(e, axes<Axis>)));
  }
};

}  // namespace detail

/// Logarithm of the softmax over the last axis, or another: log_softmax.with(axes<1>); has the softmax's limits at
/// infinite logits: of a row of n that all are -infinity, each is -log(n), where PyTorch has NaN.
/// gradient: d - softmax(x) * sum(d), stated
inline constexpr detail::log_softmax_layer<-1> log_softmax;

/// e^x divided by the sum of e^x over the last axis, or another: softmax.with(axes<1>). Finite for logits of any size,
/// as is its gradient: infinite ones of a row share it, and a row of n that all are -infinity, as of a query that a
/// mask leaves no key, has 1/n everywhere, where PyTorch has NaN. What attends to nothing is masked behind the softmax:
/// select(mask, softmax(scores), 0).
/// gradient: y * d - y * sum(y * d), stated
inline constexpr detail::softmax_layer<-1> softmax;

}  // namespace ashlar::inline ASHLAR_ABI
