// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/kernel.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The numbers of a convolution: batch, channels, h, w, out channels, oh, ow, the window (9), images per valid row,
/// blocks of images that a weight gradient sums on their own. Channels are those of one group.
struct conv_geometry {
  std::int64_t batch, channels, h, w, out, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, groups, blocks;

  // not inlined, like what else all passes share: programs compile faster
  [[gnu::noinline]] explicit conv_geometry(kernel_arguments const& args) {
    std::int64_t const* n = args.numbers;
    batch = n[16] ? n[16] * args.rows : n[0];
    kh = n[7], kw = n[8], sh = n[9], sw = n[10], ph = n[11], pw = n[12], dh = n[13], dw = n[14];
    groups = n[15], blocks = n[17];
    channels = n[1] / groups, h = n[2], w = n[3], out = n[4] / groups, oh = n[5], ow = n[6];
  }
  std::int64_t patch() const { return channels * kh * kw; }
  std::int64_t pixels() const { return oh * ow; }
  std::int64_t image() const { return groups * channels * h * w; }
  std::int64_t result() const { return groups * out * pixels(); }
  // where a group begins
  std::int64_t in_image(std::int64_t group) const { return group * channels * h * w; }
  std::int64_t in_result(std::int64_t group) const { return group * out * pixels(); }
  std::int64_t in_weight(std::int64_t group) const { return group * out * patch(); }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
