// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/list.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

inline constexpr int winograd_most_tiles = 128;  // at once, a multiple of every panel's columns
inline constexpr int winograd_frequencies = 36;
inline constexpr std::int64_t winograd_most_bytes = std::int64_t{32} << 20;  // of rooms, where two need no more
inline constexpr std::int64_t winograd_most_rooms = 16;

/// A convolution with 3 x 3 windows by its result, which comes of so many channels.
struct winograd_extents {
  std::int64_t images, channels, filters, height, width;

  constexpr std::int64_t tiles() const { return images * ((height + 3) / 4) * ((width + 3) / 4); }
};
constexpr std::int64_t smaller_of(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
constexpr std::int64_t blocks_of(std::int64_t count, std::int64_t block) { return (count + block - 1) / block; }
constexpr std::int64_t winograd_rooms(std::int64_t room, std::int64_t units) {
  std::int64_t const fitting = smaller_of(winograd_most_bytes / (4 * room), winograd_most_rooms);
  return smaller_of(fitting < 2 ? 2 : fitting, units);
}

/// Room of one share of a convolution by Winograd's algorithm, in floats: transformed tiles of all channels, then of a
/// block of filters those and their products with the tiles, then the elements of a channel's tiles.
struct winograd_room {
  std::int64_t filter_row, image_apart, filter_apart, product_apart, pitch;
  std::int64_t filters, products, rows, size;

  /// Frequencies lie a line of the cache further apart than they are long: their lines share no set.
  constexpr winograd_room(std::int64_t channels, std::int64_t tile_block, std::int64_t filter_block)
      : filter_row(blocks_of(channels, 16) * 16),
        image_apart(channels * tile_block + 16),
        filter_apart(filter_block * filter_row + 16),
        product_apart(filter_block * tile_block + 16),
        pitch(4 * tile_block + 16),
        filters(winograd_frequencies * image_apart),
        products(filters + winograd_frequencies * filter_apart),
        rows(products + winograd_frequencies * product_apart),
        size(rows + 12 * pitch) {}
};
/// How Winograd's F(4x4, 3x3) divides a convolution: in blocks of tiles times blocks of filters, in so many rooms at
/// most.
struct winograd_division {
  std::int64_t tiles, filters, rooms, room;

  constexpr explicit winograd_division(winograd_extents const& e)
      : tiles(smaller_of(blocks_of(e.tiles(), 32) * 32, e.channels > 256 ? 64 : winograd_most_tiles)),
        filters(smaller_of(e.filters, 32)),
        rooms(0),
        room(winograd_room(e.channels, tiles, filters).size) {
    rooms = winograd_rooms(room, blocks_of(e.tiles(), tiles) * blocks_of(e.filters, filters));
  }
  /// What the kernel reads behind the numbers of any convolution.
  constexpr void push(list<std::int64_t>& numbers) const {
    for (std::int64_t n : {std::int64_t{1}, tiles, filters, rooms}) numbers.push(n);
  }
  constexpr std::int64_t bytes() const { return 4 * rooms * room; }
};

/// Room of one share of a weight gradient, in floats: sums of a block of filters by a block of channels, transformed
/// tiles of these channels and of the gradients of these filters, then the elements of a channel's tiles.
struct winograd_weight_room {
  std::int64_t sum_row, sum_apart, image_apart, gradient_apart, pitch;
  std::int64_t images, gradients, rows, size;

  constexpr winograd_weight_room(std::int64_t tile_block, std::int64_t filter_block, std::int64_t channel_block)
      : sum_row(blocks_of(channel_block, 32) * 32),
        sum_apart(filter_block * sum_row + 16),
        image_apart(channel_block * tile_block + 16),
        gradient_apart(filter_block * tile_block + 16),
        pitch(4 * tile_block + 16),
        images(winograd_frequencies * sum_apart),
        gradients(images + winograd_frequencies * image_apart),
        rows(gradients + winograd_frequencies * gradient_apart),
        size(rows + 12 * pitch) {}
};
/// How Winograd's algorithm divides a weight gradient: in blocks of filters times blocks of channels, whose sums over
/// the tiles are made in so many parts, each a gradient of its own; in so many rooms at most.
struct winograd_weight_division {
  std::int64_t tiles, filters, channels, parts, rooms, room, weights;

  constexpr explicit winograd_weight_division(winograd_extents const& e)
      : tiles(smaller_of(blocks_of(e.tiles(), 32) * 32, 64)),
        filters(smaller_of(e.filters, 128)),
        channels(smaller_of(e.channels, 128)),
        parts(1),
        rooms(0),
        room(winograd_weight_room(tiles, filters, channels).size),
        weights(9 * e.filters * e.channels) {
    std::int64_t const blocks = blocks_of(e.filters, filters) * blocks_of(e.channels, channels);
    parts = smaller_of(blocks_of(8, blocks), e.tiles() / (4 * tiles));
    if (parts < 1) parts = 1;
    rooms = winograd_rooms(room, blocks * parts);
  }
  constexpr void push(list<std::int64_t>& numbers) const {
    for (std::int64_t n : {parts, tiles, filters, channels, rooms}) numbers.push(n);
  }
  constexpr std::int64_t bytes() const { return 4 * (rooms * room + (parts > 1 ? parts * weights : 0)); }
};

constexpr bool winograd_pays(winograd_extents const& e) { return e.channels >= 8 && e.filters >= 8; }
constexpr bool winograd_weight_pays(winograd_extents const& e) { return e.channels >= 8 && e.filters >= 8; }

}  // namespace ashlar::inline ASHLAR_ABI::detail
