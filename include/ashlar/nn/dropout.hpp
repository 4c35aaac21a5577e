// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/pointwise.hpp>
#include <ashlar/nn/constant_number.hpp>
#include <ashlar/nn/layer.hpp>

namespace ashlar::inline ASHLAR_ABI {

namespace detail {

template <int Percent>
struct dropout_of_no_share {
  template <class Path>
  struct report {
    static_assert(Percent >= 0 && Percent < 100,
                  "ashlar: dropout<p>: p is the share that is dropped, 0 <= p < 1 (this message states p in per cent, "
                  "and the path of the layer)");
  };
};
constexpr int whole_percent(double p) {
  int const towards_zero = static_cast<int>(100 * p);
  return towards_zero > 100 * p ? towards_zero - 1 : towards_zero;
}

template <constant_number Probability>
struct dropout_layer : layer<dropout_layer<Probability>> {
  template <any_value V>
  static constexpr auto check(V) {
    if constexpr (Probability.value() >= 0 && Probability.value() < 1)
      return fits{};
    else
      return dropout_of_no_share<whole_percent(Probability.value())>{};
  }
  template <class T, int... D>
  static constexpr basic_value<T, D...> apply(basic_value<T, D...> x) {
    graph& g = *x.g;
    if (!g.training || Probability.value() == 0) return x;
    basic_value<T, D...> random{&g, add_random(g, dtype_of<T>, make_shape<D...>(), g[x.id].rows, stream_key(g))};
    return select(random < Probability.value(), filled(x, 0), x * (1 / (1 - Probability.value())));
  }
};

}  // namespace detail

/// In training, drops each element with probability p and scales the others by 1 / (1 - p); otherwise passes x on.
/// gradient: through the same mask
template <constant_number Probability>
inline constexpr detail::dropout_layer<Probability> dropout{};

}  // namespace ashlar::inline ASHLAR_ABI
