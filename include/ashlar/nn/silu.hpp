// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/activation.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

struct silu_layer : activation<silu_layer> {
  template <class V>
  static constexpr V apply(V const& x) {
    return x * sigmoid(x);
  }
};

}  // namespace detail

/// x * sigmoid(x), also called swish.  gradient: d * (s + x s (1 - s)), s = sigmoid(x)
/// source: Elfwing, Uchibe, Doya, arXiv:1702.03118
inline constexpr detail::silu_layer silu;

}  // namespace ashlar::inline ASHLAR_ABI
