// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/backend/cpu/kernel.hpp>
#include <ashlar/backend/cpu/simd/copy_run.hpp>
#include <ashlar/passes/winograd.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Neighbouring tiles of one row of tiles of one image.
struct tile_segment {
  std::int64_t image, row;  // of tiles
  int column, count;        // of tiles
  int at;                   // the first one's number in its block
};

/// A block of the tiles of several images, which are numbered image after image and row after row.
struct tile_block {
  tile_segment segments[winograd_most_tiles];
  std::int32_t is_last[winograd_most_tiles]{};  // of its segment: all bits or none
  int count = 0, tiles = 0;

  /// Tiles [first, first + most) of images with so many rows and columns of tiles, as far as there are any.
  [[gnu::noinline]] tile_block(std::int64_t images, std::int64_t rows, std::int64_t columns, std::int64_t first,
                               std::int64_t most) {
    std::int64_t const left = images * rows * columns - first;
    std::int64_t const wanted = left < most ? left : most;
    std::int64_t row = first / columns, column = first % columns;
    for (; tiles < wanted; ++row, column = 0) {
      std::int64_t const length = wanted - tiles < columns - column ? wanted - tiles : columns - column;
      segments[count++] = {row / rows, row % rows, static_cast<int>(column), static_cast<int>(length), tiles};
      tiles += static_cast<int>(length);
      is_last[tiles - 1] = -1;
    }
  }
};

/// Asks for a run that will be written soon.
ASHLAR_INLINE void fetch_ahead(float const* run, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += 16) __builtin_prefetch(run + i, 1);
}

/// A channel of all images: how large each is, and how far outside of it the first tile begins.
struct tile_plane {
  std::int64_t height, width, image;  // elements between images
  std::int64_t top, left;

  std::int64_t size() const { return height * width; }
};

/// A convolution with 3 x 3 windows of stride 1: `filters` x `out_height` x `out_width` of `channels` x `height` x
/// `width`, by tiles of 4 x 4 of the result.
struct winograd_geometry {
  std::int64_t images, channels, height, width, filters, out_height, out_width, top, left;

  explicit winograd_geometry(kernel_arguments const& args) {
    std::int64_t const* n = args.numbers;
    images = n[16] ? n[16] * args.rows : n[0];
    channels = n[1], height = n[2], width = n[3], filters = n[4], out_height = n[5], out_width = n[6];
    top = n[11], left = n[12];
  }
  tile_plane in() const { return {height, width, channels * height * width, top, left}; }
  tile_plane out() const { return {out_height, out_width, filters * out_height * out_width, 0, 0}; }
  std::int64_t tiles() const { return images * ((out_height + 3) / 4) * ((out_width + 3) / 4); }
  tile_block block(std::int64_t first, std::int64_t most) const {
    return {images, (out_height + 3) / 4, (out_width + 3) / 4, first, most};
  }
};

/// To a channel those 4 x 4 elements of tiles that lie inside; element (i, j) of tile t is at rows[i][4 t + j].
ASHLAR_INLINE void write_tiles(tile_block const& block, tile_plane const& p, float const* rows, std::int64_t pitch,
                               float* plane) {
  for (int s = 0; s < block.count; ++s) {
    tile_segment const& segment = block.segments[s];
    std::int64_t const y = 4 * segment.row, x = 4 * segment.column;
    std::int64_t const count = p.width - x < 4 * segment.count ? p.width - x : 4 * segment.count;
    float* const to = plane + segment.image * p.image + y * p.width + x;
    for (int i = 0; i < 4 && y + i < p.height; ++i) {
      copy_run(to + i * p.width, rows + i * pitch + 4 * segment.at, count);
      fetch_ahead(to + i * p.width + p.size(), count);
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
