// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/elementary.hpp>
#include <ashlar/nn/activation.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// gelu by a hyperbolic tangent in place of the error function.
struct tanh_approximation_option {};
/// The option, as `gelu.with(tanh_approximation)`.
inline constexpr tanh_approximation_option tanh_approximation;

namespace detail {

struct tanh_gelu_layer : activation<tanh_gelu_layer> {
  template <class V>
  static constexpr V apply(V const& x) {
    // (1 + tanh(u)) / 2 = sigmoid(2u), u = sqrt(2 / pi) (x + 0.044715 x^3): Hendrycks & Gimpel
    return x * sigmoid(x * (square(x) * (1.5957691216057308 * 0.044715) + 1.5957691216057308));
  }
};
struct gelu_layer : activation<gelu_layer> {
  constexpr tanh_gelu_layer with(tanh_approximation_option) const { return {}; }
  template <class V>
  static constexpr V apply(V const& x) {
    return x * (erf(x * 0.70710678118654752) * 0.5 + 0.5);  // 1 / sqrt(2)
  }
};

}  // namespace detail

/// x times the probability that a normal number is below x; gelu.with(tanh_approximation) for the faster form.
/// gradient: d * (P(x) + x p(x)), p the density of normal numbers
/// source: Hendrycks, Gimpel, arXiv:1606.08415
inline constexpr detail::gelu_layer gelu;

}  // namespace ashlar::inline ASHLAR_ABI
