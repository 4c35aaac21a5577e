// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/linear.hpp>
#include <ashlar/nn/window_options.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <int Axes, class Layer, class Input>
struct layer_needs_images {
  template <class Path>
  struct report {
    static_assert(Axes == 3,
                  "ashlar: conv2d and 2d pooling take images: 3 axes, [channels, height, width], after the batch "
                  "(this message states how many there are, the layer, what it got, and its path)");
  };
};
template <int Window, int Extent, class Layer, class Input>
struct window_larger_than_image {
  template <class Path>
  struct report {
    static_assert(Window <= Extent,
                  "ashlar: the window of this layer is larger than its padded input (this message states both "
                  "numbers, the layer, what it got, and its path)");
  };
};

template <class Layer, class T, int B, int... D>
constexpr auto check_window(basic_value<T, B, D...>) {
  if constexpr (sizeof...(D) != 3) {
    return layer_needs_images<sizeof...(D), Layer, got<D...>>{};
  } else {
    constexpr int extents[] = {D...};
    constexpr window w = Layer::geometry;
    constexpr int h = extents[1] + 2 * w.padding[0], v = extents[2] + 2 * w.padding[1];
    if constexpr (h < w.kernel[0])
      return window_larger_than_image<w.kernel[0], h, Layer, got<D...>>{};
    else if constexpr (v < w.kernel[1])
      return window_larger_than_image<w.kernel[1], v, Layer, got<D...>>{};
    else
      return fits{};
  }
}

template <int Out, int Kernel, class... Options>
struct conv2d_layer : layer<conv2d_layer<Out, Kernel, Options...>> {
  static_assert(Out > 0 && Kernel > 0, "ashlar: conv2d<Out, Kernel>: both must be positive");
  static constexpr window geometry = make_window<Kernel, 1, Options...>();

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...> x) {
    return check_window<conv2d_layer>(x);
  }
  template <class T, int B, int C, int H, int W>
  static constexpr auto apply(basic_value<T, B, C, H, W> x) {
    graph& g = *x.g;
    auto weight = parameter<T, Out, C, Kernel, Kernel>(g, "weight", fan_in_uniform(C * Kernel * Kernel));
    auto bias = parameter<T, Out>(g, "bias", fan_in_uniform(C * Kernel * Kernel));
    basic_value<T, B, Out, geometry.output(0, H), geometry.output(1, W)> y{&g, conv(g, x.id, weight.id, geometry)};
    return y + reshape<Out, 1, 1>(bias);
  }
};

}  // namespace detail

/// A convolution (cross-correlation) over images: conv2d<Out, Kernel, stride<2>, padding<1>>.
/// shape: [batch, in, h, w] -> [batch, Out, oh, ow]; weight [Out, in, Kernel, Kernel], bias [Out]
/// errors: does not compile where the input is no image or smaller than the window
template <int Out, int Kernel, class... Options>
inline constexpr detail::conv2d_layer<Out, Kernel, Options...> conv2d;

}  // namespace ashlar::inline ASHLAR_ABI
