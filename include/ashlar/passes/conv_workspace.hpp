// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/passes/lowered.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// How a convolution is computed: as products of matrices, of which one is made panel by panel while it is needed; with
/// a workspace, of several images or of the pixels of one in lanes; or by Winograd's algorithm, perhaps with pooling.
namespace conv_way {
enum type : int { products, lanes, winograd, pooled };
}

/// So many images and more are computed lane by lane, of fewer the lanes would stay empty.
inline constexpr std::int64_t least_images_in_lanes = 5;

/// The workspace of a convolution: tables of distances, then images whose planes are padded so that every window lies
/// inside, results, lane by lane where there are enough images, and sums of blocks of images. The widest vectors are
/// 64 bytes.
struct conv_workspace {
  static constexpr std::int64_t least_results = 30;
  static constexpr std::int64_t least_depth = 512, most_blocks = 8;
  static constexpr std::int64_t line = 64;  // bytes by which channels lie further apart: their lines share no set

  std::int64_t h, w;  // of a padded plane; whole strides
  std::int64_t window_table, pixel_table, result_table, filter_table, image, result,
      sums;                 // where they begin, in bytes
  std::int64_t blocks = 1;  // of images that a weight gradient sums on their own
  std::int64_t bytes = 0;
  bool in_lanes;     // lanes are images, where enough of them are valid; otherwise pixels
  bool is_worth_it;  // otherwise there is none

  /// Of a convolution's numbers. Not inlined: several kernels of a program ask, none of them often.
  [[gnu::noinline]] constexpr conv_workspace(std::int64_t const* n, kernel_kind kind, int element)
      : h(larger(n[2] + n[11], (n[5] - 1) * n[9] + (n[7] - 1) * n[13] + 1)),
        w(whole(larger(n[3] + n[12], (n[6] - 1) * n[10] + (n[8] - 1) * n[14] + 1), n[10])) {
    // with few filters products fill their tiles badly; without, 8 images are worth no more than 8 pixels
    bool const has_few_filters = n[4] / n[15] < 32;
    bool const is_product = n[7] * n[8] * n[9] * n[10] == 1 && n[11] + n[12] == 0;
    in_lanes = n[0] >= least_images_in_lanes && (n[0] > 8 || has_few_filters);
    std::int64_t const images = in_lanes ? whole(n[0], 64 / element) : n[0], pixels = n[5] * n[6];
    window_table = take(n[1] / n[15] * n[7] * n[8] * 4);
    pixel_table = take(in_lanes ? images / (16 / element) * pixels * 4 : 0);  // vectors are of 16 bytes or more
    result_table = take(in_lanes ? larger(pixels, least_results) * 4 : 0);
    filter_table = take(in_lanes ? n[4] / n[15] * 4 : 0);
    image = take(n[1] * (images * h * w * element + line) + 64);  // vectors of pixels reach behind the last one
    result = take(kind == kernel_kind::conv ? 0 : n[4] * (images * pixels * element + line));
    if (kind == kernel_kind::conv_weight && in_lanes) {
      // a block is so deep that adding its lanes does not count; those who sum it read images that they moved to lanes
      std::int64_t const sets = images * element / 64, deep = sets * pixels / least_depth;
      blocks = sets < deep ? sets : deep;
      blocks = blocks < 1 ? 1 : blocks < most_blocks ? blocks : most_blocks;
    }
    sums = take(blocks > 1 ? blocks * n[4] * (n[1] / n[15]) * n[7] * n[8] * element : 0);
    bool const is_faster = kind == kernel_kind::conv        ? has_few_filters || !is_product
                           : kind == kernel_kind::conv_data ? in_lanes && (has_few_filters || !is_product)
                                                            : in_lanes && has_few_filters;
    is_worth_it = is_faster && bytes <= std::int64_t{32} << 20;  // so all distances fit the tables
  }

 private:
  static constexpr std::int64_t larger(std::int64_t a, std::int64_t b) { return a < b ? b : a; }
  static constexpr std::int64_t whole(std::int64_t count, std::int64_t unit) {
    return (count + unit - 1) / unit * unit;
  }
  constexpr std::int64_t take(std::int64_t more) {
    std::int64_t const at = bytes;
    bytes += whole(more, 64);
    return at;
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
