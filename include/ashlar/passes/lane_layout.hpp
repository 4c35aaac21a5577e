// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/passes/lowered.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Of fewer images the lanes of vectors would stay empty.
inline constexpr std::int64_t least_images_in_lanes = 5;

/// The workspace of a convolution whose vectors hold an element of several images: tables of distances, then what it
/// reads, and the image's gradient, lane by lane, with planes padded so that every window lies inside. The widest
/// vectors are 64 bytes.
struct lane_layout {
  std::int64_t h, w;                                                                  // of a padded plane
  std::int64_t window_table, pixel_table, result_table, filter_table, image, result;  // bytes
  std::int64_t bytes;

  /// Of a convolution's numbers.
  constexpr lane_layout(std::int64_t const* n, kernel_kind kind, int element) {
    auto larger = [](std::int64_t a, std::int64_t b) { return a < b ? b : a; };
    auto whole = [](std::int64_t count, std::int64_t unit) { return (count + unit - 1) / unit * unit; };
    h = larger(n[2] + n[11], (n[5] - 1) * n[9] + (n[7] - 1) * n[13] + 1);
    w = larger(n[3] + n[12], (n[6] - 1) * n[10] + (n[8] - 1) * n[14] + 1);
    std::int64_t const images = whole(n[0], 64 / element), pixels = n[5] * n[6];
    bytes = 0;
    auto take = [&](std::int64_t more) {
      std::int64_t const at = bytes;
      bytes += whole(more, 64);
      return at;
    };
    window_table = take(n[1] / n[15] * n[7] * n[8] * 4);
    pixel_table = take(pixels * 4);
    result_table = take(larger(pixels, 16) * 4);
    filter_table = take(n[4] / n[15] * 4);
    image = take(images * n[1] * h * w * element);
    result = kind == kernel_kind::conv ? bytes : take(images * n[4] * pixels * element);
  }
  /// Whether it is worth its memory: then distances also fit the tables.
  static constexpr bool is_for(std::int64_t images, std::int64_t bytes) {
    return images >= least_images_in_lanes && bytes <= std::int64_t{32} << 20;
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
