// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <initializer_list>

#include <ashlar/core/list.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

inline constexpr int winograd_tile_unit = 32;    // a multiple of every panel's columns
inline constexpr int winograd_most_tiles = 128;  // at once
inline constexpr int winograd_frequencies = 36;
inline constexpr std::int64_t winograd_most_bytes = std::int64_t{32} << 20;  // of all rooms, where two need no more
inline constexpr std::int64_t winograd_most_rooms = 16;
inline constexpr std::int64_t winograd_most_shared = std::int64_t{12} << 20;  // bytes: more would leave the cache

/// What of a convolution is transformed once, before all else, for all shares; each transforms the other block by
/// block.
namespace winograd_shared {
enum type : std::int64_t { nothing, images, filters };
}

/// A convolution with 3 x 3 windows by its result, which comes of so many channels.
struct winograd_extents {
  std::int64_t images, channels, filters, height, width;

  constexpr std::int64_t tiles() const { return images * ((height + 3) / 4) * ((width + 3) / 4); }
};
constexpr std::int64_t smaller_of(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
constexpr std::int64_t blocks_of(std::int64_t count, std::int64_t block) { return (count + block - 1) / block; }
constexpr std::int64_t winograd_rooms(std::int64_t room, std::int64_t units, std::int64_t before_rooms = 0) {
  std::int64_t const fitting = smaller_of((winograd_most_bytes / 4 - before_rooms) / room, winograd_most_rooms);
  return smaller_of(fitting < 2 ? 2 : fitting, units);
}

/// Room of one share of a convolution by Winograd's algorithm, in floats: transformed tiles of all channels, then of a
/// block of filters those and their products with the tiles, then the elements of a channel's tiles. What is shared has
/// no room there, but lies block behind block before all rooms.
struct winograd_room {
  std::int64_t filter_row, image_apart, filter_apart, product_apart, pitch;
  std::int64_t filters, products, rows, size;

  /// Frequencies lie a line of the cache further apart than they are long: their lines share no set.
  constexpr winograd_room(std::int64_t channels, std::int64_t tile_block, std::int64_t filter_block,
                          std::int64_t shared)
      : filter_row(blocks_of(channels, winograd_tile_unit) * winograd_tile_unit + 16),
        image_apart(channels * blocks_of(tile_block, winograd_tile_unit) * winograd_tile_unit + 16),
        filter_apart(filter_block * filter_row + 16),
        product_apart(filter_block * tile_block + 16),
        pitch(4 * tile_block + 16),
        filters(shared == winograd_shared::images ? 0 : block_of_images()),
        products(filters + (shared == winograd_shared::filters ? 0 : block_of_filters())),
        rows(products + winograd_frequencies * product_apart),
        size(rows + 12 * pitch) {}

  constexpr std::int64_t block_of_images() const { return winograd_frequencies * image_apart; }
  constexpr std::int64_t block_of_filters() const { return winograd_frequencies * filter_apart; }
};
/// How Winograd's F(4x4, 3x3) divides a convolution: in blocks of tiles times blocks of filters, in so many rooms at
/// most, behind so many floats of what is shared.
struct winograd_division {
  std::int64_t tiles, filters, shared, before_rooms, rooms, room;

  constexpr explicit winograd_division(winograd_extents const& e, std::int64_t most_shared = winograd_most_shared)
      : tiles(even_block(e.tiles(), e.channels > 256 ? 64 : winograd_most_tiles)),
        filters(smaller_of(e.filters, 32)),
        shared(winograd_shared::nothing),
        before_rooms(0),
        rooms(0),
        room(0) {
    std::int64_t const tile_blocks = blocks_of(e.tiles(), tiles), filter_blocks = blocks_of(e.filters, filters);
    winograd_room const all(e.channels, tiles, filters, shared);
    share(winograd_shared::images, tile_blocks * all.block_of_images(), filter_blocks, most_shared);
    share(winograd_shared::filters, filter_blocks * all.block_of_filters(), tile_blocks, most_shared);
    room = winograd_room(e.channels, tiles, filters, shared).size;
    rooms = winograd_rooms(room, tile_blocks * filter_blocks, before_rooms);
  }
  /// What the kernel reads behind the numbers of any convolution.
  constexpr void push(list<std::int64_t>& numbers) const {
    for (std::int64_t n : {std::int64_t{1}, tiles, filters, rooms, shared, before_rooms}) numbers.push(n);
  }
  constexpr int phases() const { return shared == winograd_shared::nothing ? 1 : 2; }
  constexpr std::int64_t bytes() const { return 4 * (before_rooms + rooms * room); }

 private:
  /// Shares what is needed with several blocks of the other, and is the smaller of both.
  constexpr void share(winograd_shared::type which, std::int64_t size, std::int64_t other_blocks, std::int64_t most) {
    if (other_blocks < 2 || 4 * size > most) return;
    if (shared != winograd_shared::nothing && before_rooms <= size) return;
    shared = which;
    before_rooms = size;
  }
  /// As few blocks as can be, as even as whole vectors allow: threads take equally many.
  static constexpr std::int64_t even_block(std::int64_t tiles, std::int64_t most) {
    std::int64_t const blocks = blocks_of(tiles, most);
    return blocks_of(tiles, 16 * blocks) * 16;
  }
};

/// Room of one share of a weight gradient, in floats: sums of a block of filters by a block of channels, transformed
/// tiles of these channels and of the gradients of these filters, then the elements of a channel's tiles.
struct winograd_weight_room {
  std::int64_t sum_row, sum_apart, image_apart, gradient_apart, pitch;
  std::int64_t images, gradients, rows, size;

  constexpr winograd_weight_room(std::int64_t tile_block, std::int64_t filter_block, std::int64_t channel_block)
      : sum_row(blocks_of(channel_block, winograd_tile_unit) * winograd_tile_unit),
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
      : tiles(smaller_of(blocks_of(e.tiles(), winograd_tile_unit) * winograd_tile_unit, 64)),
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

/// What passes of a convolution take on one thread, in nanoseconds: a rough estimate, measured on a core of 117
/// GFLOP/s. Of Winograd's algorithm the products of whole register tiles, and for each block of tiles the filters'
/// transformation or, of weights, the sums' way through the cache; then the tiles' transformations. Of the direct one
/// the products, and what is copied for them.
class convolution_times {
 public:
  constexpr explicit convolution_times(winograd_extents const& e)
      : images_(static_cast<double>(e.images)),
        channels_(static_cast<double>(e.channels)),
        filters_(static_cast<double>(e.filters)),
        pixels_(static_cast<double>(e.height * e.width)),
        tiles_(static_cast<double>(e.tiles())) {}

  constexpr double winograd(winograd_division const& d) const {
    double const blocks = up(tiles_ / static_cast<double>(d.tiles));
    return per_frequency * channels_ * 8 * up(filters_ / 8) * 32 * up(tiles_ / 32) + 4 * channels_ * filters_ * blocks +
           10 * (channels_ + filters_) * tiles_;
  }
  constexpr double direct() const {
    return images_ * pixels_ * (per_product * 9 * channels_ * filters_ + 0.9 * channels_ + 0.3 * filters_);
  }
  constexpr double winograd(winograd_weight_division const& d) const {
    double const blocks = up(tiles_ / static_cast<double>(d.tiles));
    double const image = 14 * channels_ * up(filters_ / static_cast<double>(d.filters));
    double const gradient = 10 * filters_ * up(channels_ / static_cast<double>(d.channels));
    return per_frequency * 32 * up(channels_ / 32) * 8 * up(filters_ / 8) * tiles_ +
           1.2 * channels_ * filters_ * blocks + 6 * channels_ * filters_ * static_cast<double>(d.parts) +
           (image + gradient) * tiles_;
  }
  constexpr double direct_weight() const { return images_ * pixels_ * 9 * channels_ * (per_product * filters_ + 0.25); }

 private:
  static constexpr double per_product = 0.02, per_frequency = 0.69;

  static constexpr double up(double x) { return static_cast<double>(static_cast<std::int64_t>(x + 0.999999)); }

  double images_, channels_, filters_, pixels_, tiles_;
};
/// Whether Winograd's algorithm saves enough to be worth its rounding.
constexpr bool winograd_pays(winograd_extents const& e) {
  convolution_times const t(e);
  return 1.2 * t.winograd(winograd_division(e)) < t.direct();
}
constexpr bool winograd_weight_pays(winograd_extents const& e) {
  convolution_times const t(e);
  return 1.2 * t.winograd(winograd_weight_division(e)) < t.direct_weight();
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
