// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/activation.hpp>
#include <ashlar/nn/constant_number.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// What leaky_relu multiplies numbers below 0 by.
template <constant_number Value>
struct negative_slope_option {};
/// The option, as `leaky_relu.with(negative_slope<0.2>)`.
template <constant_number Value>
inline constexpr negative_slope_option<Value> negative_slope{};

namespace detail {

template <constant_number Slope>
struct leaky_relu_layer : activation<leaky_relu_layer<Slope>> {
  template <constant_number Other>
  constexpr leaky_relu_layer<Other> with(negative_slope_option<Other>) const {
    return {};
  }
  template <class V>
  static constexpr V apply(V const& x) {
    return x * select(x > 0, filled(x, 1), Slope.value());
  }
};

}  // namespace detail

/// x where x > 0, else x / 100; leaky_relu.with(negative_slope<0.2>) for another slope.
/// gradient: d where x > 0, else d * slope
/// source: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013
inline constexpr detail::leaky_relu_layer<0.01> leaky_relu;

}  // namespace ashlar::inline ASHLAR_ABI
