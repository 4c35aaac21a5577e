// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/convolution.hpp>
#include <ashlar/nn/linear.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <int Axes, class Layer, class Input>
struct layer_needs_images {
  template <class Path>
  struct report {
    static_assert(Axes == 3,
                  "ashlar: 2d convolutions and pooling take images: 3 axes, [channels, height, width], after the batch "
                  "(this message states how many there are, the layer, what it got, and its path)");
  };
};
template <int Axes, class Layer, class Input>
struct layer_needs_lines {
  template <class Path>
  struct report {
    static_assert(Axes == 2,
                  "ashlar: 1d convolutions and pooling take lines: 2 axes, [channels, length], after the batch (this "
                  "message states how many there are, the layer, what it got, and its path)");
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
template <int Channels, int Groups, class Layer, class Input>
struct channels_of_other_groups {
  template <class Path>
  struct report {
    static_assert(Channels % Groups == 0,
                  "ashlar: groups<N>: N must divide the channels of the input and of the result (this message states "
                  "the channels and N, the layer, what it got, and its path)");
  };
};

/// What is wrong with an input of as many axes as the layer takes.
template <class Layer, int... D>
constexpr auto complaint_of_window() {
  constexpr int extents[] = {D...};
  constexpr int axes = sizeof...(D) - 1;  // that the window slides over
  constexpr window w = Layer::geometry;
  constexpr int h = axes == 2 ? extents[1] + 2 * w.padding[0] : 1, v = extents[axes] + 2 * w.padding[1];
  if constexpr (h < w.span(0))
    return window_larger_than_image<w.span(0), h, Layer, got<D...>>{};
  else if constexpr (v < w.span(1))
    return window_larger_than_image<w.span(1), v, Layer, got<D...>>{};
  else if constexpr (extents[0] % w.groups != 0)
    return channels_of_other_groups<extents[0], w.groups, Layer, got<D...>>{};
  else
    return fits{};
}
template <class Layer, class T, int B, int... D>
constexpr auto check_window(basic_value<T, B, D...>) {
  if constexpr (sizeof...(D) != 3)
    return layer_needs_images<sizeof...(D), Layer, got<D...>>{};
  else
    return complaint_of_window<Layer, D...>();
}
template <class Layer, class T, int B, int... D>
constexpr auto check_window_1d(basic_value<T, B, D...>) {
  if constexpr (sizeof...(D) != 2)
    return layer_needs_lines<sizeof...(D), Layer, got<D...>>{};
  else
    return complaint_of_window<Layer, D...>();
}

/// The bias of each channel, on a result [batch, channels, ...].
template <class V, int Out>
constexpr V with_bias(V const& y, double bound) {
  auto bias = parameter<typename V::element_type, Out>(*y.g, "bias", {initialiser::uniform, bound});
  if constexpr (V::rank == 4)
    return y + reshape<Out, 1, 1>(bias);
  else
    return y + reshape<Out, 1>(bias);
}

template <int Out, int Kernel, class... Options>
struct conv2d_layer : layer<conv2d_layer<Out, Kernel, Options...>> {
  static_assert(Out > 0 && Kernel > 0, "ashlar: conv2d<Out, Kernel>: both must be positive");
  static_assert(((is_convolution_option<Options> || std::is_same_v<Options, no_bias>)&&...),
                "ashlar: conv2d<Out, Kernel, options...>: the options are stride<N>, padding<N>, dilation<N>, "
                "groups<N> and no_bias");
  static constexpr window_options options = collect_window<Options...>(Kernel, Kernel, 1, 1);
  static constexpr window geometry = options.w;
  static_assert(Out % geometry.groups == 0, "ashlar: conv2d<Out, Kernel, groups<N>>: N must divide Out");

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...> x) {
    return check_window<conv2d_layer>(x);
  }
  template <class T, int B, int C, int H, int W>
  static constexpr auto apply(basic_value<T, B, C, H, W> x) {
    constexpr int in = C / geometry.groups;
    auto const bound = fan_in_uniform(in * Kernel * Kernel);
    auto const weight = parameter<T, Out, in, Kernel, Kernel>(*x.g, "weight", bound);
    auto const y = convolve<false, Options...>(x, weight);
    if constexpr (options.bias)
      return with_bias<decltype(convolve<false, Options...>(x, weight)), Out>(y, bound.scale);
    else
      return y;
  }
};

template <int Out, int Kernel, class... Options>
struct conv1d_layer : layer<conv1d_layer<Out, Kernel, Options...>> {
  static_assert(Out > 0 && Kernel > 0, "ashlar: conv1d<Out, Kernel>: both must be positive");
  static_assert(((is_convolution_option<Options> || std::is_same_v<Options, no_bias>)&&...),
                "ashlar: conv1d<Out, Kernel, options...>: the options are stride<N>, padding<N>, dilation<N>, "
                "groups<N> and no_bias");
  static constexpr window_options options = collect_window_1d<Options...>(Kernel, 1);
  static constexpr window geometry = options.w;
  static_assert(Out % geometry.groups == 0, "ashlar: conv1d<Out, Kernel, groups<N>>: N must divide Out");

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...> x) {
    return check_window_1d<conv1d_layer>(x);
  }
  template <class T, int B, int C, int Length>
  static constexpr auto apply(basic_value<T, B, C, Length> x) {
    constexpr int in = C / geometry.groups;
    auto const bound = fan_in_uniform(in * Kernel);
    auto const weight = parameter<T, Out, in, Kernel>(*x.g, "weight", bound);
    auto const y = convolve<false, Options...>(x, weight);
    if constexpr (options.bias)
      return with_bias<decltype(convolve<false, Options...>(x, weight)), Out>(y, bound.scale);
    else
      return y;
  }
};

}  // namespace detail

/// A convolution (cross-correlation) over images: conv2d<Out, Kernel, stride<2>, padding<1>>, with dilation<N>,
/// groups<N> and no_bias as further options.
/// shape: [batch, in, h, w] -> [batch, Out, oh, ow]; weight [Out, in / groups, Kernel, Kernel], bias [Out]
/// errors: does not compile where the input is no image or smaller than the window
template <int Out, int Kernel, class... Options>
inline constexpr detail::conv2d_layer<Out, Kernel, Options...> conv2d{};

/// A convolution over lines, with the options of conv2d.
/// shape: [batch, in, length] -> [batch, Out, outputs]; weight [Out, in / groups, Kernel], bias [Out]
/// errors: does not compile where the input is no line or shorter than the window
template <int Out, int Kernel, class... Options>
inline constexpr detail::conv1d_layer<Out, Kernel, Options...> conv1d{};

}  // namespace ashlar::inline ASHLAR_ABI
