// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/reduction.hpp>
#include <ashlar/nn/conv2d.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <int Kernel, class... Options>
struct max_pool2d_layer : layer<max_pool2d_layer<Kernel, Options...>> {
  static_assert(Kernel > 0, "ashlar: max_pool2d<Kernel>: the window must be positive");
  static constexpr window geometry = make_window<Kernel, Kernel, Options...>();
  static_assert(2 * geometry.padding[0] <= Kernel && 2 * geometry.padding[1] <= Kernel,
                "ashlar: max_pool2d: padding must be at most half the window");
  static constexpr bool counted = false;

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...> x) {
    return check_window<max_pool2d_layer>(x);
  }
  template <class T, int B, int C, int H, int W>
  static constexpr auto apply(basic_value<T, B, C, H, W> x) {
    graph& g = *x.g;
    int index = window_index(g, x.id, geometry);
    return basic_value<T, B, C, geometry.output(0, H), geometry.output(1, W)>{&g,
                                                                              window_take(g, x.id, index, geometry)};
  }
};

struct global_avg_pool_layer : layer<global_avg_pool_layer> {
  static constexpr bool counted = false;

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...>) {
    if constexpr (sizeof...(D) == 3)
      return fits{};
    else
      return layer_needs_images<sizeof...(D), global_avg_pool_layer, got<D...>>{};
  }
  template <class T, int B, int C, int H, int W>
  static constexpr basic_value<T, B, C> apply(basic_value<T, B, C, H, W> x) {
    return mean(x, axes<2, 3>);
  }
};

struct flatten_layer : layer_base {
  template <class T, int B, int... D>
  constexpr basic_value<T, B, (1 * ... * D)> operator()(basic_value<T, B, D...> x) const {
    return reshape<B, (1 * ... * D)>(x);
  }
  template <any_misfit M>
  constexpr M operator()(M m) const {
    return m;
  }
};

}  // namespace detail

/// The largest element of each window; the stride is the window's size unless stride<...> is given.
/// shape: [batch, channels, h, w] -> [batch, channels, oh, ow]
/// gradient: to the first maximum of each window
template <int Kernel, class... Options>
inline constexpr detail::max_pool2d_layer<Kernel, Options...> max_pool2d;

/// The mean of each channel's plane.  shape: [batch, channels, h, w] -> [batch, channels]
inline constexpr detail::global_avg_pool_layer global_avg_pool;

/// All axes but the batch as one.  shape: [batch, a, b, ...] -> [batch, a * b * ...]
inline constexpr detail::flatten_layer flatten;

}  // namespace ashlar::inline ASHLAR_ABI
