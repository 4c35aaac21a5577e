// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/composite.hpp>
#include <ashlar/expr/elementary.hpp>
#include <ashlar/nn/activation.hpp>
#include <ashlar/nn/constant_number.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// How sharply softplus bends.
template <constant_number Value>
struct beta_option {};
/// The option, as `softplus.with(beta<2>)`.
template <constant_number Value>
inline constexpr beta_option<Value> beta{};

namespace detail {

struct softplus_gradient {
  template <class V>
  constexpr V operator()(V x, V, V d) const {
    return d * sigmoid(x);
  }
};
/// log(1 + e^x), without an exponential of a large number.
template <class V>
constexpr V log_of_one_more(V const& x) {
  return stated<softplus_gradient>("softplus", x, relu(x) + log1p(exp(-abs(x))));
}

template <constant_number Beta>
struct softplus_layer : activation<softplus_layer<Beta>> {
  template <constant_number Other>
  constexpr softplus_layer<Other> with(beta_option<Other>) const {
    return {};
  }
  template <class V>
  static constexpr V apply(V const& x) {
    if constexpr (Beta.value() == 1)
      return log_of_one_more(x);
    else
      return log_of_one_more(x * Beta.value()) * (1 / Beta.value());
  }
};

}  // namespace detail

/// log(1 + e^x), a smooth relu; softplus.with(beta<2>) is log(1 + e^2x) / 2.  gradient: d * sigmoid(beta x), stated
/// source: Dugas et al., "Incorporating second-order functional knowledge for better option pricing", 2001
inline constexpr detail::softplus_layer<1> softplus;

}  // namespace ashlar::inline ASHLAR_ABI
