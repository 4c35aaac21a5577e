// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/gemm.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A convolution as matrix products over unfolded images, one group of one image after the other.
/// numbers: batch, channels, h, w, out channels, oh, ow, the window (9), images per valid row.
template <class Code>
struct conv_kernel {
  using T = std::conditional_t<Code::at[1] != 0, double, float>;
  struct geometry {
    std::int64_t batch, channels, h, w, out, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, groups;

    explicit geometry(kernel_arguments const& args) {
      std::int64_t const* n = args.numbers;
      batch = n[16] ? n[16] * args.rows : n[0];
      channels = n[1], h = n[2], w = n[3], out = n[4], oh = n[5], ow = n[6];
      kh = n[7], kw = n[8], sh = n[9], sw = n[10], ph = n[11], pw = n[12], dh = n[13], dw = n[14], groups = n[15];
    }
    std::int64_t patch() const { return channels / groups * kh * kw; }
    std::int64_t pixels() const { return oh * ow; }
  };

  /// The columns of output row `y` whose input column stays inside: [begin, end).
  static void inside(geometry const& g, std::int64_t kx, std::int64_t& begin, std::int64_t& end) {
    begin = 0;
    while (begin < g.ow && begin * g.sw + kx * g.dw - g.pw < 0) ++begin;
    end = g.ow;
    while (end > begin && (end - 1) * g.sw + kx * g.dw - g.pw >= g.w) --end;
  }

  /// A group of an image as unfolded[patch][pixel], or [pixel][patch] where `by_pixel`.
  template <bool ByPixel>
  static void unfold(geometry const& g, T const* image, T* unfolded) {
    std::int64_t const across = ByPixel ? g.patch() : 1, down = ByPixel ? 1 : g.pixels();
    std::int64_t row = 0;
    for (std::int64_t c = 0; c < g.channels / g.groups; ++c)
      for (std::int64_t ky = 0; ky < g.kh; ++ky)
        for (std::int64_t kx = 0; kx < g.kw; ++kx, ++row) {
          std::int64_t begin, end;
          inside(g, kx, begin, end);
          for (std::int64_t y = 0; y < g.oh; ++y) {
            T* to = unfolded + row * down + y * g.ow * across;
            std::int64_t const iy = y * g.sh + ky * g.dh - g.ph;
            if (iy < 0 || iy >= g.h) {
              for (std::int64_t x = 0; x < g.ow; ++x) to[x * across] = T{};
              continue;
            }
            T const* from = image + (c * g.h + iy) * g.w + kx * g.dw - g.pw;
            for (std::int64_t x = 0; x < begin; ++x) to[x * across] = T{};
            for (std::int64_t x = begin; x < end; ++x) to[x * across] = from[x * g.sw];
            for (std::int64_t x = end; x < g.ow; ++x) to[x * across] = T{};
          }
        }
  }
  /// image += what unfolded[patch][pixel] holds for each of its pixels.
  static void fold(geometry const& g, T const* unfolded, T* image) {
    std::int64_t row = 0;
    for (std::int64_t c = 0; c < g.channels / g.groups; ++c)
      for (std::int64_t ky = 0; ky < g.kh; ++ky)
        for (std::int64_t kx = 0; kx < g.kw; ++kx, ++row) {
          std::int64_t begin, end;
          inside(g, kx, begin, end);
          for (std::int64_t y = 0; y < g.oh; ++y) {
            std::int64_t const iy = y * g.sh + ky * g.dh - g.ph;
            if (iy < 0 || iy >= g.h) continue;
            T const* from = unfolded + row * g.pixels() + y * g.ow;
            T* to = image + (c * g.h + iy) * g.w + kx * g.dw - g.pw;
            for (std::int64_t x = begin; x < end; ++x) to[x * g.sw] += from[x];
          }
        }
  }

  static void run(kernel_arguments const& args) {
    geometry const g(args);
    std::int64_t const image = g.channels * g.h * g.w / g.groups, out = g.out / g.groups, result = out * g.pixels();
    T const* first = reinterpret_cast<T const*>(args.operands[0]);
    T const* second = reinterpret_cast<T const*>(args.operands[1]);
    T* to = reinterpret_cast<T*>(args.operands[2]);
    T* unfolded = reinterpret_cast<T*>(args.operands[3]);
    std::int64_t const weight = out * g.patch();
    if constexpr (Code::kind == kernel_kind::conv_weight)
      for (std::int64_t i = 0; i < g.groups * weight; ++i) to[i] = T{};
    for (std::int64_t b = 0; b < g.batch * g.groups; ++b) {
      std::int64_t const w = b % g.groups * weight;
      if constexpr (Code::kind == kernel_kind::conv) {  // y = weight * unfolded(x)
        unfold<false>(g, first + b * image, unfolded);
        multiply<T>(args.set, out, g.pixels(), g.patch(), {second + w, g.patch(), 1}, {unfolded, g.pixels(), 1},
                    to + b * result, g.pixels(), false);
      } else if constexpr (Code::kind == kernel_kind::conv_data) {  // dx = folded(weight^T * dy)
        multiply<T>(args.set, g.patch(), g.pixels(), out, {second + w, 1, g.patch()},
                    {first + b * result, g.pixels(), 1}, unfolded, g.pixels(), false);
        T* dx = to + b * image;
        for (std::int64_t i = 0; i < image; ++i) dx[i] = T{};
        fold(g, unfolded, dx);
      } else {  // dweight += dy * unfolded(x)^T
        unfold<true>(g, second + b * image, unfolded);
        multiply<T>(args.set, out, g.patch(), g.pixels(), {first + b * result, g.pixels(), 1}, {unfolded, g.patch(), 1},
                    to + w, g.patch(), true);
      }
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
