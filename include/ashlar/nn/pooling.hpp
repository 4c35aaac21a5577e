// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/reduction.hpp>
#include <ashlar/nn/conv2d.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// An option of average pooling: means count what lies inside the input only, not the padding.
struct exclude_padding {};

namespace detail {

constexpr void apply_option(window_options& o, exclude_padding) { o.counts_padding = false; }

/// Takes the largest of a window's elements.
struct window_maximum {
  template <class T, int... D>
  static constexpr int apply(basic_value<T, D...> const& x, int image, shape const& s, window_options const& o) {
    graph& g = *x.g;
    return window_take(g, image, window_index(g, image, s, o.w), o.w);
  }
};
/// Takes their mean.
struct window_mean {
  template <class T, int... D>
  static constexpr int apply(basic_value<T, D...> const& x, int image, shape const& s, window_options const& o) {
    graph& g = *x.g;
    int const total = window_sum(g, image, s, o.w), rows = g[total].rows;
    int const size = o.w.kernel[0] * o.w.kernel[1];
    bool const padded = o.w.padding[0] || o.w.padding[1];
    if (size && (o.counts_padding || !padded))
      return binary(g, op::div, total, add_constant(g, size, dtype_of<T>, s, rows));
    shape one = g.extents(image), of_one = s;  // how many elements each window has
    one.extent[0] = one.extent[1] = of_one.extent[0] = of_one.extent[1] = 1;
    int const count = window_sum(g, add_constant(g, 1, dtype_of<T>, one), of_one, o.w);
    return binary(g, op::div, total, broadcast(g, count, s, rows));
  }
};

/// Which options pooling takes.
template <class Take, class O>
inline constexpr bool is_pooling_option = is_window_option<O>;
template <>
inline constexpr bool is_pooling_option<window_mean, exclude_padding> = true;

/// Images as they are, lines as images of one row.
template <int B, int C, int... D>
constexpr shape as_images() {
  if constexpr (sizeof...(D) == 2)
    return make_shape<B, C, D...>();
  else
    return make_shape<B, C, 1, D...>();
}

template <int Window, int Extent, class Layer, class Input>
struct window_in_the_padding {
  template <class Path>
  struct report {
    static_assert(
        Window < 0,
        "ashlar: pooling: a window of this layer has no element of its input, only padding; take less padding "
        "or dilation (this message states which window along its axis, the input's extent there, the layer, "
        "what it got, and its path)");
  };
};
/// The first window along an axis of which nothing is an element of the input; -1: all have some.
constexpr int window_without_elements(window const& w, int axis, int extent) {
  for (int o = 0; o < w.output(axis, extent); ++o) {
    bool some = false;
    for (int k = 0; k < w.kernel[axis]; ++k) {
      int const at = o * w.stride[axis] - w.padding[axis] + k * w.dilation[axis];
      some = some || (at >= 0 && at < extent);
    }
    if (!some) return o;
  }
  return -1;
}
/// What is wrong with an input of as many axes as the layer takes. Of no elements there is neither a largest nor a
/// mean.
template <class Layer, int... D>
constexpr auto complaint_of_pooling() {
  constexpr int extents[] = {D...};
  constexpr int axes = sizeof...(D) - 1, height = axes == 2 ? extents[1] : 1, width = extents[axes];
  constexpr window w = Layer::geometry;
  constexpr int row = window_without_elements(w, 0, height), column = window_without_elements(w, 1, width);
  using others = decltype(complaint_of_window<Layer, D...>());
  if constexpr (!std::is_same_v<others, fits> || !Layer::needs_elements)
    return others{};
  else if constexpr (row >= 0)
    return window_in_the_padding<row, height, Layer, got<D...>>{};
  else if constexpr (column >= 0)
    return window_in_the_padding<column, width, Layer, got<D...>>{};
  else
    return fits{};
}

/// What pooling along so many axes shares; where windows have an extent of their own, Self has a geometry.
template <class Self, class Take, int Axes>
struct pooling : layer<Self> {
  static constexpr bool counted = false;

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...>) {
    constexpr int given = sizeof...(D);
    if constexpr (given != Axes + 1 && Axes == 2)
      return layer_needs_images<given, Self, got<D...>>{};
    else if constexpr (given != Axes + 1)
      return layer_needs_lines<given, Self, got<D...>>{};
    else if constexpr (requires { Self::geometry; })
      return complaint_of_pooling<Self, D...>();
    else
      return fits{};
  }

 protected:
  /// x pooled to [batch, channels, To...].
  template <int... To, class T, int B, int C, int... D>
  static constexpr auto pooled(basic_value<T, B, C, D...> const& x, window_options const& o) {
    using result = basic_value<T, B, C, To...>;
    graph& g = *x.g;
    int const image = reshape(g, x.id, as_images<B, C, D...>());
    return result{&g, reshape(g, Take::apply(x, image, as_images<B, C, To...>(), o), result::shape())};
  }
};

/// Pooling by windows of one extent.
template <class Self, class Take, int Axes, int Kernel, class... Options>
struct window_pooling : pooling<Self, Take, Axes> {
  static_assert(Kernel > 0, "ashlar: pooling: the window must be positive");
  static constexpr window_options options = Axes == 2 ? collect_window<Options...>(Kernel, Kernel, Kernel, Kernel)
                                                      : collect_window_1d<Options...>(Kernel, Kernel);
  static constexpr window geometry = options.w;
  static constexpr bool needs_elements = std::is_same_v<Take, window_maximum> || !options.counts_padding;
  static_assert(2 * geometry.padding[0] <= Kernel && 2 * geometry.padding[1] <= Kernel,
                "ashlar: pooling: padding must be at most half the window");
  static_assert((is_pooling_option<Take, Options> && ...),
                "ashlar: pooling: the options are stride<N>, padding<N> and dilation<N>, and exclude_padding of means");

  template <class T, int B, int C, int H, int W>
  static constexpr auto apply(basic_value<T, B, C, H, W> x) {
    return window_pooling::template pooled<geometry.output(0, H), geometry.output(1, W)>(x, options);
  }
  template <class T, int B, int C, int L>
  static constexpr auto apply(basic_value<T, B, C, L> x) {
    return window_pooling::template pooled<geometry.output(1, L)>(x, options);
  }
};

/// Pooling by windows that divide the input into Extents parts.
template <class Self, class Take, int... Extents>
struct adaptive_pooling : pooling<Self, Take, sizeof...(Extents)> {
  static_assert(((Extents > 0) && ...), "ashlar: adaptive pooling: the result's extents must be positive");

  template <class X>
  static constexpr auto apply(X x) {
    window_options o;
    o.w.kernel[0] = o.w.kernel[1] = 0;
    return adaptive_pooling::template pooled<Extents...>(x, o);
  }
};

// Types of their own, so that messages have the names of the field.
template <int Kernel, class... Options>
struct max_pool2d_layer : window_pooling<max_pool2d_layer<Kernel, Options...>, window_maximum, 2, Kernel, Options...> {
};
template <int Kernel, class... Options>
struct max_pool1d_layer : window_pooling<max_pool1d_layer<Kernel, Options...>, window_maximum, 1, Kernel, Options...> {
};
template <int Kernel, class... Options>
struct avg_pool2d_layer : window_pooling<avg_pool2d_layer<Kernel, Options...>, window_mean, 2, Kernel, Options...> {};
template <int Kernel, class... Options>
struct avg_pool1d_layer : window_pooling<avg_pool1d_layer<Kernel, Options...>, window_mean, 1, Kernel, Options...> {};
template <int Height, int Width>
struct adaptive_avg_pool2d_layer
    : adaptive_pooling<adaptive_avg_pool2d_layer<Height, Width>, window_mean, Height, Width> {};
template <int Height, int Width>
struct adaptive_max_pool2d_layer
    : adaptive_pooling<adaptive_max_pool2d_layer<Height, Width>, window_maximum, Height, Width> {};
template <int Length>
struct adaptive_avg_pool1d_layer : adaptive_pooling<adaptive_avg_pool1d_layer<Length>, window_mean, Length> {};
template <int Length>
struct adaptive_max_pool1d_layer : adaptive_pooling<adaptive_max_pool1d_layer<Length>, window_maximum, Length> {};

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

/// The largest element of each window; the stride is the window's size unless stride<...> is given, and padding<...>
/// and dilation<...> are further options.
/// shape: [batch, channels, h, w] -> [batch, channels, oh, ow]
/// gradient: to the first maximum of each window
/// errors: does not compile where a dilated window lies in the padding alone
template <int Kernel, class... Options>
inline constexpr detail::max_pool2d_layer<Kernel, Options...> max_pool2d{};
/// max_pool2d along lines.  shape: [batch, channels, length] -> [batch, channels, outputs]
/// errors: as those of max_pool2d
template <int Kernel, class... Options>
inline constexpr detail::max_pool1d_layer<Kernel, Options...> max_pool1d{};

/// The mean of each window, with the options of max_pool2d; zeros of the padding count unless exclude_padding is given.
/// shape: [batch, channels, h, w] -> [batch, channels, oh, ow]
/// gradient: an equal share to each element
/// errors: with exclude_padding those of max_pool2d
template <int Kernel, class... Options>
inline constexpr detail::avg_pool2d_layer<Kernel, Options...> avg_pool2d{};
/// avg_pool2d along lines.  shape: [batch, channels, length] -> [batch, channels, outputs]
/// errors: as those of avg_pool2d
template <int Kernel, class... Options>
inline constexpr detail::avg_pool1d_layer<Kernel, Options...> avg_pool1d{};

/// The mean of each of Height x Width windows that divide the image as evenly as can be, whatever its size: window i of
/// an axis covers elements floor(i n / Height) to ceil((i + 1) n / Height).
/// shape: [batch, channels, h, w] -> [batch, channels, Height, Width]
/// source: torch.nn.AdaptiveAvgPool2d
template <int Height, int Width = Height>
inline constexpr detail::adaptive_avg_pool2d_layer<Height, Width> adaptive_avg_pool2d{};
/// The largest element of each such window.  shape: [batch, channels, h, w] -> [batch, channels, Height, Width]
template <int Height, int Width = Height>
inline constexpr detail::adaptive_max_pool2d_layer<Height, Width> adaptive_max_pool2d{};
/// adaptive_avg_pool2d along lines.  shape: [batch, channels, length] -> [batch, channels, Length]
template <int Length>
inline constexpr detail::adaptive_avg_pool1d_layer<Length> adaptive_avg_pool1d{};
/// adaptive_max_pool2d along lines.  shape: [batch, channels, length] -> [batch, channels, Length]
template <int Length>
inline constexpr detail::adaptive_max_pool1d_layer<Length> adaptive_max_pool1d{};

/// The mean of each channel's plane.  shape: [batch, channels, h, w] -> [batch, channels]
inline constexpr detail::global_avg_pool_layer global_avg_pool;

/// All axes but the batch as one.  shape: [batch, a, b, ...] -> [batch, a * b * ...]
inline constexpr detail::flatten_layer flatten;

}  // namespace ashlar::inline ASHLAR_ABI
