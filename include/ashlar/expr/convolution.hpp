// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/shaping.hpp>
#include <ashlar/expr/window_options.hpp>

/// Convolutions of values: what the layers of that name do with parameters of their own.
namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <bool Fits, class Input, class Weight>
struct convolution_operands_do_not_fit {
  template <class Path>
  struct report {
    static_assert(Fits,
                  "ashlar: convolution(x, weight): x is [batch, in, length] or [batch, in, height, width], the weight "
                  "[out, in / groups, ...] ([in, out / groups, ...] of a transposed one), of one dtype, and the window "
                  "not larger than the padded input (this message states both operands, and the path of the layer)");
  };
};

/// A value's extents as an image: a line is an image of height 1.
template <class V>
constexpr shape as_image(bool is_line) {
  shape s = V::shape();
  if (!is_line) return s;
  s.rank = 4;
  s.extent[3] = s.extent[2];
  s.extent[2] = 1;
  return s;
}
template <bool Transposed, class X, class W, class... Options>
struct convolved {
  static constexpr bool is_line = X::rank == 3;
  static constexpr bool has_ranks = (X::rank == 3 || X::rank == 4) && W::rank == X::rank;
  static constexpr shape image = as_image<X>(is_line), weight = as_image<W>(is_line);
  static constexpr window_options options =
      is_line ? collect_window_1d<Options...>(weight[3], 1) : collect_window<Options...>(weight[2], weight[3], 1, 1);
  static constexpr window w = options.w;
  static constexpr shape output = [] {
    shape s = image;
    s.extent[1] = Transposed ? weight[1] * w.groups : weight[0];
    for (int axis : {0, 1})
      s.extent[2 + axis] =
          Transposed ? transposed_output(options, axis, image[2 + axis]) : w.output(axis, image[2 + axis]);
    return s;
  }();
  static constexpr bool fits = [] {
    if (!has_ranks || !std::is_same_v<typename X::element_type, typename W::element_type>) return false;
    int const channels = weight[Transposed ? 0 : 1];
    if (Transposed ? channels != image[1] || channels % w.groups : channels * w.groups != image[1]) return false;
    if (!Transposed && weight[0] % w.groups) return false;
    for (int axis : {0, 1})
      if (output[2 + axis] < 1 || (!Transposed && image[2 + axis] + 2 * w.padding[axis] < w.span(axis))) return false;
    return true;
  }();
  static constexpr shape value = [] {
    shape s = output;
    if (!is_line) return s;
    s.rank = 3;
    s.extent[2] = s.extent[3];
    return s;
  }();
};

/// The convolution of operands that fit.
template <bool Transposed, class... Options, class X, class W>
constexpr auto convolve(X const& x, W const& weight) {
  using made = convolved<Transposed, X, W, Options...>;
  graph& g = graph_of(x, weight);
  located const here(g, place_of(x, weight));
  int const image = reshape(g, node_in(g, x), made::image), kernel = reshape(g, node_in(g, weight), made::weight);
  int const y = Transposed ? transposed_conv(g, image, kernel, made::output, made::w) : conv(g, image, kernel, made::w);
  return value_of<typename X::element_type, made>{&g, reshape(g, y, made::value)};
}

}  // namespace detail

/// A convolution (cross-correlation) with stride<...>, padding<...>, dilation<...> and groups<...>.
/// shape: x [batch, in, h, w], weight [out, in / groups, kh, kw] -> [batch, out, oh, ow]; lines [batch, in, length] too
/// gradient: a transposed convolution of d, and d's convolution with x
template <class... Options, detail::any_value X, detail::any_value W>
constexpr auto convolution(X x, W weight) {
  static_assert((detail::is_convolution_option<Options> && ...),
                "ashlar: convolution<options...>: the options are stride<N>, padding<N>, dilation<N> and groups<N>");
  if constexpr (detail::convolved<false, X, W, Options...>::fits)
    return detail::convolve<false, Options...>(x, weight);
  else
    return detail::misfit<layer_path<>, detail::convolution_operands_do_not_fit<false, X, W>>{};
}
/// The transposed convolution, which takes a result's shape to an input's; output_padding<...> adds to its end.
/// shape: x [batch, in, h, w], weight [in, out / groups, kh, kw] -> [batch, out, oh, ow]; lines too
/// gradient: a convolution of d, and x's convolution with d
template <class... Options, detail::any_value X, detail::any_value W>
constexpr auto transposed_convolution(X x, W weight) {
  static_assert((detail::is_transposed_option<Options> && ...),
                "ashlar: transposed_convolution<options...>: the options are stride<N>, padding<N>, dilation<N>, "
                "groups<N> and output_padding<N>");
  if constexpr (detail::convolved<true, X, W, Options...>::fits)
    return detail::convolve<true, Options...>(x, weight);
  else
    return detail::misfit<layer_path<>, detail::convolution_operands_do_not_fit<false, X, W>>{};
}

}  // namespace ashlar::inline ASHLAR_ABI
