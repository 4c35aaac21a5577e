// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/composite.hpp>
#include <ashlar/expr/elementary.hpp>
#include <ashlar/nn/activation.hpp>
#include <ashlar/nn/constant_number.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// What elu multiplies its exponential by.
template <constant_number Value>
struct alpha_option {};
/// The option, as `elu.with(alpha<0.5>)`.
template <constant_number Value>
inline constexpr alpha_option<Value> alpha{};

namespace detail {

template <constant_number Alpha>
struct elu_gradient {
  template <class V>
  constexpr V operator()(V x, V y, V d) const {
    return d * select(x > 0, filled(x, 1), y + Alpha.value());
  }
};

template <constant_number Alpha>
struct elu_layer : activation<elu_layer<Alpha>> {
  template <constant_number Other>
  constexpr elu_layer<Other> with(alpha_option<Other>) const {
    return {};
  }
  template <class V>
  static constexpr V apply(V const& x) {
    auto const below = expm1(minimum(x, 0)) * Alpha.value();  // never the exponential of a large number
    return stated<elu_gradient<Alpha>>("elu", x, select(x > 0, x, below));
  }
};

}  // namespace detail

/// x where x > 0, else e^x - 1; elu.with(alpha<0.5>) for a multiple of the latter.
/// gradient: d where x > 0, else d * (y + alpha), stated
/// source: Clevert, Unterthiner, Hochreiter, arXiv:1511.07289
inline constexpr detail::elu_layer<1> elu;

}  // namespace ashlar::inline ASHLAR_ABI
