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

/// Pooling of images to [Height, Width], 0: as the window says.
template <class Take, int Height, int Width, class T, int B, int C, int H, int W>
constexpr auto pooled(basic_value<T, B, C, H, W> const& x, window_options const& o) {
  using result = basic_value<T, B, C, Height, Width>;
  return result{x.g, Take::apply(x, x.id, result::shape(), o)};
}
template <class Take, int Length, class T, int B, int C, int L>
constexpr auto pooled(basic_value<T, B, C, L> const& x, window_options const& o) {
  using result = basic_value<T, B, C, Length>;
  graph& g = *x.g;
  int const image = reshape(g, x.id, make_shape<B, C, 1, L>());
  return result{&g, reshape(g, Take::apply(x, image, make_shape<B, C, 1, Length>(), o), result::shape())};
}

template <class Take, int Kernel, class... Options>
struct pool2d_layer : layer<pool2d_layer<Take, Kernel, Options...>> {
  static_assert(Kernel > 0, "ashlar: pooling: the window must be positive");
  static constexpr window_options options = collect_window<Options...>(Kernel, Kernel, Kernel, Kernel);
  static constexpr window geometry = options.w;
  static_assert(2 * geometry.padding[0] <= Kernel && 2 * geometry.padding[1] <= Kernel,
                "ashlar: pooling: padding must be at most half the window");
  static constexpr bool counted = false;

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...> x) {
    return check_window<pool2d_layer>(x);
  }
  template <class T, int B, int C, int H, int W>
  static constexpr auto apply(basic_value<T, B, C, H, W> x) {
    return pooled<Take, geometry.output(0, H), geometry.output(1, W)>(x, options);
  }
};
template <class Take, int Kernel, class... Options>
struct pool1d_layer : layer<pool1d_layer<Take, Kernel, Options...>> {
  static_assert(Kernel > 0, "ashlar: pooling: the window must be positive");
  static constexpr window_options options = collect_window_1d<Options...>(Kernel, Kernel);
  static constexpr window geometry = options.w;
  static_assert(2 * geometry.padding[1] <= Kernel, "ashlar: pooling: padding must be at most half the window");
  static constexpr bool counted = false;

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...> x) {
    return check_window_1d<pool1d_layer>(x);
  }
  template <class T, int B, int C, int L>
  static constexpr auto apply(basic_value<T, B, C, L> x) {
    return pooled<Take, geometry.output(1, L)>(x, options);
  }
};

/// Windows that divide the image into [Height, Width] parts.
constexpr window_options adaptive_windows() {
  window_options o;
  o.w.kernel[0] = o.w.kernel[1] = 0;
  return o;
}
template <class Take, int Height, int Width>
struct adaptive_pool2d_layer : layer<adaptive_pool2d_layer<Take, Height, Width>> {
  static_assert(Height > 0 && Width > 0, "ashlar: adaptive pooling: the result's extents must be positive");
  static constexpr bool counted = false;

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...>) {
    if constexpr (sizeof...(D) == 3)
      return fits{};
    else
      return layer_needs_images<sizeof...(D), adaptive_pool2d_layer, got<D...>>{};
  }
  template <class T, int B, int C, int H, int W>
  static constexpr auto apply(basic_value<T, B, C, H, W> x) {
    return pooled<Take, Height, Width>(x, adaptive_windows());
  }
};
template <class Take, int Length>
struct adaptive_pool1d_layer : layer<adaptive_pool1d_layer<Take, Length>> {
  static_assert(Length > 0, "ashlar: adaptive pooling: the result's extent must be positive");
  static constexpr bool counted = false;

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...>) {
    if constexpr (sizeof...(D) == 2)
      return fits{};
    else
      return layer_needs_lines<sizeof...(D), adaptive_pool1d_layer, got<D...>>{};
  }
  template <class T, int B, int C, int L>
  static constexpr auto apply(basic_value<T, B, C, L> x) {
    return pooled<Take, Length>(x, adaptive_windows());
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

/// The largest element of each window; the stride is the window's size unless stride<...> is given, and padding<...>
/// and dilation<...> are further options. shape: [batch, channels, h, w] -> [batch, channels, oh, ow] gradient: to the
/// first maximum of each window
template <int Kernel, class... Options>
inline constexpr detail::pool2d_layer<detail::window_maximum, Kernel, Options...> max_pool2d;
/// max_pool2d along lines.  shape: [batch, channels, length] -> [batch, channels, outputs]
template <int Kernel, class... Options>
inline constexpr detail::pool1d_layer<detail::window_maximum, Kernel, Options...> max_pool1d;

/// The mean of each window, with the options of max_pool2d; zeros of the padding count unless exclude_padding is given.
/// shape: [batch, channels, h, w] -> [batch, channels, oh, ow]
/// gradient: an equal share to each element
template <int Kernel, class... Options>
inline constexpr detail::pool2d_layer<detail::window_mean, Kernel, Options...> avg_pool2d;
/// avg_pool2d along lines.  shape: [batch, channels, length] -> [batch, channels, outputs]
template <int Kernel, class... Options>
inline constexpr detail::pool1d_layer<detail::window_mean, Kernel, Options...> avg_pool1d;

/// The mean of each of Height x Width windows that divide the image as evenly as can be, whatever its size: window i of
/// an axis covers elements floor(i n / Height) to ceil((i + 1) n / Height).
/// shape: [batch, channels, h, w] -> [batch, channels, Height, Width]
/// source: torch.nn.AdaptiveAvgPool2d
template <int Height, int Width = Height>
inline constexpr detail::adaptive_pool2d_layer<detail::window_mean, Height, Width> adaptive_avg_pool2d;
/// The largest element of each such window.  shape: [batch, channels, h, w] -> [batch, channels, Height, Width]
template <int Height, int Width = Height>
inline constexpr detail::adaptive_pool2d_layer<detail::window_maximum, Height, Width> adaptive_max_pool2d;
/// adaptive_avg_pool2d along lines.  shape: [batch, channels, length] -> [batch, channels, Length]
template <int Length>
inline constexpr detail::adaptive_pool1d_layer<detail::window_mean, Length> adaptive_avg_pool1d;
/// adaptive_max_pool2d along lines.  shape: [batch, channels, length] -> [batch, channels, Length]
template <int Length>
inline constexpr detail::adaptive_pool1d_layer<detail::window_maximum, Length> adaptive_max_pool1d;

/// The mean of each channel's plane.  shape: [batch, channels, h, w] -> [batch, channels]
inline constexpr detail::global_avg_pool_layer global_avg_pool;

/// All axes but the batch as one.  shape: [batch, a, b, ...] -> [batch, a * b * ...]
inline constexpr detail::flatten_layer flatten;

}  // namespace ashlar::inline ASHLAR_ABI
