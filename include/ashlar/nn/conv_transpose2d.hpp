// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/conv2d.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <int Height, int Width, class Layer, class Input>
struct transposed_result_is_empty {
  template <class Path>
  struct report {
    static_assert(Height > 0 && Width > 0,
                  "ashlar: this transposed convolution pads away all of its result (this message states the result's "
                  "height and width, the layer, what it got, and its path)");
  };
};

/// What is wrong with an input of as many axes as the layer takes.
template <class Layer, int... D>
constexpr auto complaint_of_transposed() {
  constexpr int extents[] = {D...};
  constexpr int axes = sizeof...(D) - 1;
  constexpr int h = axes == 2 ? transposed_output(Layer::options, 0, extents[1]) : 1;
  constexpr int v = transposed_output(Layer::options, 1, extents[axes]);
  if constexpr (h < 1 || v < 1)
    return transposed_result_is_empty<h, v, Layer, got<D...>>{};
  else if constexpr (extents[0] % Layer::options.w.groups != 0)
    return channels_of_other_groups<extents[0], Layer::options.w.groups, Layer, got<D...>>{};
  else
    return fits{};
}

template <int Out, int Kernel, class... Options>
struct conv_transpose2d_layer : layer<conv_transpose2d_layer<Out, Kernel, Options...>> {
  static_assert(Out > 0 && Kernel > 0, "ashlar: conv_transpose2d<Out, Kernel>: both must be positive");
  static_assert(
      ((is_transposed_option<Options> || std::is_same_v<Options, no_bias>)&&...),
      "ashlar: conv_transpose2d<Out, Kernel, options...>: the options are stride<N>, padding<N>, dilation<N>, "
      "groups<N>, output_padding<N> and no_bias");
  static constexpr window_options options = collect_window<Options...>(Kernel, Kernel, 1, 1);
  static_assert(Out % options.w.groups == 0, "ashlar: conv_transpose2d<Out, Kernel, groups<N>>: N must divide Out");

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...>) {
    if constexpr (sizeof...(D) != 3)
      return layer_needs_images<sizeof...(D), conv_transpose2d_layer, got<D...>>{};
    else
      return complaint_of_transposed<conv_transpose2d_layer, D...>();
  }
  template <class T, int B, int C, int H, int W>
  static constexpr auto apply(basic_value<T, B, C, H, W> x) {
    constexpr int out = Out / options.w.groups;
    auto const bound = fan_in_uniform(out * Kernel * Kernel);
    auto const weight = parameter<T, C, out, Kernel, Kernel>(*x.g, "weight", bound);
    auto const y = convolve<true, Options...>(x, weight);
    if constexpr (options.bias)
      return with_bias<decltype(convolve<true, Options...>(x, weight)), Out>(y, bound.scale);
    else
      return y;
  }
};

template <int Out, int Kernel, class... Options>
struct conv_transpose1d_layer : layer<conv_transpose1d_layer<Out, Kernel, Options...>> {
  static_assert(Out > 0 && Kernel > 0, "ashlar: conv_transpose1d<Out, Kernel>: both must be positive");
  static_assert(
      ((is_transposed_option<Options> || std::is_same_v<Options, no_bias>)&&...),
      "ashlar: conv_transpose1d<Out, Kernel, options...>: the options are stride<N>, padding<N>, dilation<N>, "
      "groups<N>, output_padding<N> and no_bias");
  static constexpr window_options options = collect_window_1d<Options...>(Kernel, 1);
  static_assert(Out % options.w.groups == 0, "ashlar: conv_transpose1d<Out, Kernel, groups<N>>: N must divide Out");

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...>) {
    if constexpr (sizeof...(D) != 2)
      return layer_needs_lines<sizeof...(D), conv_transpose1d_layer, got<D...>>{};
    else
      return complaint_of_transposed<conv_transpose1d_layer, D...>();
  }
  template <class T, int B, int C, int Length>
  static constexpr auto apply(basic_value<T, B, C, Length> x) {
    constexpr int out = Out / options.w.groups;
    auto const bound = fan_in_uniform(out * Kernel);
    auto const weight = parameter<T, C, out, Kernel>(*x.g, "weight", bound);
    auto const y = convolve<true, Options...>(x, weight);
    if constexpr (options.bias)
      return with_bias<decltype(convolve<true, Options...>(x, weight)), Out>(y, bound.scale);
    else
      return y;
  }
};

}  // namespace detail

/// A transposed convolution over images, which enlarges them: conv_transpose2d<Out, Kernel, stride<2>>, with
/// padding<N>, output_padding<N>, dilation<N>, groups<N> and no_bias as further options.
/// shape: [batch, in, h, w] -> [batch, Out, oh, ow] with
/// oh = (h - 1) stride - 2 padding + dilation (Kernel - 1) + output_padding + 1;
/// weight [in, Out / groups, Kernel, Kernel], bias [Out]
/// errors: does not compile where the input is no image or nothing is left of the result
/// source: torch.nn.ConvTranspose2d
template <int Out, int Kernel, class... Options>
inline constexpr detail::conv_transpose2d_layer<Out, Kernel, Options...> conv_transpose2d{};

/// A transposed convolution over lines, with the options of conv_transpose2d.
/// shape: [batch, in, length] -> [batch, Out, outputs]; weight [in, Out / groups, Kernel], bias [Out]
/// errors: does not compile where the input is no line or nothing is left of the result
template <int Out, int Kernel, class... Options>
inline constexpr detail::conv_transpose1d_layer<Out, Kernel, Options...> conv_transpose1d{};

}  // namespace ashlar::inline ASHLAR_ABI
