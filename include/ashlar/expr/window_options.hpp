// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/node.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Steps of a window, vertical and horizontal.
template <int Height, int Width = Height>
struct stride {
  static_assert(Height > 0 && Width > 0, "ashlar: stride<...> must be positive");
};
/// Rows and columns of zeros (for pooling: of nothing) around an image, on each side.
template <int Height, int Width = Height>
struct padding {
  static_assert(Height >= 0 && Width >= 0, "ashlar: padding<...> must not be negative");
};
/// Distances between neighbours in a window, vertical and horizontal.
template <int Height, int Width = Height>
struct dilation {
  static_assert(Height > 0 && Width > 0, "ashlar: dilation<...> must be positive");
};
/// A convolution in as many independent parts, each with its share of the channels.
template <int Count>
struct groups {
  static_assert(Count > 0, "ashlar: groups<N>: N must be positive");
};
/// Rows and columns that a transposed convolution adds at the lower and right end of its result.
template <int Height, int Width = Height>
struct output_padding {
  static_assert(Height >= 0 && Width >= 0, "ashlar: output_padding<...> must not be negative");
};

/// A layer without a bias: an option of convolutions and linear.
struct no_bias {};

namespace detail {

/// Which options layers and functions take: where windows stand,
template <class O>
inline constexpr bool is_window_option = false;
template <int H, int W>
inline constexpr bool is_window_option<stride<H, W>> = true;
template <int H, int W>
inline constexpr bool is_window_option<padding<H, W>> = true;
template <int H, int W>
inline constexpr bool is_window_option<dilation<H, W>> = true;
/// what convolutions do with them,
template <class O>
inline constexpr bool is_convolution_option = is_window_option<O>;
template <int N>
inline constexpr bool is_convolution_option<groups<N>> = true;
/// and what transposed ones do.
template <class O>
inline constexpr bool is_transposed_option = is_convolution_option<O>;
template <int H, int W>
inline constexpr bool is_transposed_option<output_padding<H, W>> = true;

/// Everything that options of convolutions and pooling say.
struct window_options {
  window w{};
  int output_padding[2]{0, 0};
  bool bias = true;
  bool counts_padding = true;
};

template <int H, int W>
constexpr void apply_option(window_options& o, stride<H, W>) {
  o.w.stride[0] = H;
  o.w.stride[1] = W;
}
template <int H, int W>
constexpr void apply_option(window_options& o, padding<H, W>) {
  o.w.padding[0] = H;
  o.w.padding[1] = W;
}
template <int H, int W>
constexpr void apply_option(window_options& o, dilation<H, W>) {
  o.w.dilation[0] = H;
  o.w.dilation[1] = W;
}
template <int N>
constexpr void apply_option(window_options& o, groups<N>) {
  o.w.groups = N;
}
constexpr void apply_option(window_options& o, no_bias) { o.bias = false; }
template <int H, int W>
constexpr void apply_option(window_options& o, output_padding<H, W>) {
  o.output_padding[0] = H;
  o.output_padding[1] = W;
}

/// The options of a window with this kernel; the stride is `default_stride` unless they say another.
template <class... Options>
constexpr window_options collect_window(int kernel_height, int kernel_width, int stride_height, int stride_width) {
  window_options o;
  o.w.kernel[0] = kernel_height;
  o.w.kernel[1] = kernel_width;
  o.w.stride[0] = stride_height;
  o.w.stride[1] = stride_width;
  (apply_option(o, Options{}), ...);
  return o;
}
/// The same along a line: options count by their last number, what is vertical does nothing.
template <class... Options>
constexpr window_options collect_window_1d(int kernel, int stride_along) {
  window_options o = collect_window<Options...>(1, kernel, 1, stride_along);
  o.w.stride[0] = o.w.dilation[0] = 1;
  o.w.padding[0] = o.output_padding[0] = 0;
  return o;
}

/// Extents of a transposed convolution's result along an axis.
constexpr int transposed_output(window_options const& o, int axis, int extent) {
  return (extent - 1) * o.w.stride[axis] - 2 * o.w.padding[axis] + o.w.span(axis) + o.output_padding[axis];
}

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
