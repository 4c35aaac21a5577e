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

namespace detail {

template <int H, int W>
constexpr void apply_option(window& w, stride<H, W>) {
  w.stride[0] = H;
  w.stride[1] = W;
}
template <int H, int W>
constexpr void apply_option(window& w, padding<H, W>) {
  w.padding[0] = H;
  w.padding[1] = W;
}

/// The window of a kernel and its options.
template <int Kernel, int DefaultStride, class... Options>
constexpr window make_window() {
  window w{{Kernel, Kernel}, {DefaultStride, DefaultStride}, {0, 0}};
  (apply_option(w, Options{}), ...);
  return w;
}

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
