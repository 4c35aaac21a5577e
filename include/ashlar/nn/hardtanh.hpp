// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/activation.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <int Low, int High>
struct bounded_layer : activation<bounded_layer<Low, High>> {
  template <class V>
  static constexpr V apply(V const& x) {
    return select(x <= Low, Low, select(x >= High, High, x));
  }
};

}  // namespace detail

/// x, but not less than -1 and not more than 1.  gradient: d where -1 < x < 1 or x is NaN, else 0
inline constexpr detail::bounded_layer<-1, 1> hardtanh;

/// x, but not less than 0 and not more than 6.  gradient: d where 0 < x < 6 or x is NaN, else 0
/// source: Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010
inline constexpr detail::bounded_layer<0, 6> relu6;

}  // namespace ashlar::inline ASHLAR_ABI
