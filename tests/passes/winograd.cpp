// SPDX-License-Identifier: MIT
#include <ashlar/passes/winograd.hpp>

#include <doctest/doctest.h>

using namespace ashlar;
using namespace ashlar::detail;

// Measured on both sides of where it pays: images, channels, filters, height and width of the result.
static_assert(winograd_pays({1, 64, 64, 224, 224}) && winograd_weight_pays({8, 64, 64, 224, 224}));
static_assert(winograd_pays({1, 512, 512, 28, 28}) && winograd_weight_pays({8, 512, 512, 14, 14}));
static_assert(winograd_pays({64, 512, 512, 4, 4}) && winograd_weight_pays({64, 512, 512, 4, 4}));
static_assert(winograd_pays({8, 16, 16, 28, 28}) && winograd_weight_pays({8, 16, 16, 28, 28}));
static_assert(!winograd_pays({8, 3, 64, 224, 224}) && !winograd_weight_pays({8, 3, 64, 224, 224}));  // few channels
static_assert(!winograd_pays({1, 64, 64, 4, 4}) && !winograd_weight_pays({1, 64, 64, 4, 4}));        // one tile
static_assert(!winograd_pays({1, 16, 16, 7, 7}) && !winograd_weight_pays({1, 16, 16, 7, 7}));        // four tiles
static_assert(!winograd_weight_pays({8, 4, 8, 28, 28}));

// Shared is what is needed again and the smaller one, if it is not too large.
constexpr std::int64_t shared_of(winograd_extents const& e) { return winograd_division(e).shared; }
static_assert(shared_of({1, 64, 64, 224, 224}) == winograd_shared::filters);
static_assert(shared_of({1, 256, 256, 56, 56}) == winograd_shared::images);
static_assert(shared_of({1, 512, 512, 14, 14}) == winograd_shared::images);
static_assert(shared_of({8, 512, 512, 28, 28}) == winograd_shared::nothing);  // both too large
static_assert(shared_of({1, 200, 32, 14, 14}) == winograd_shared::nothing);   // one block of each
static_assert(shared_of({8, 64, 32, 28, 28}) == winograd_shared::filters);    // one block of filters

TEST_CASE("Winograd's rooms are as many as there is work for, and take 32 MiB unless two need more") {
  std::int64_t const most = std::int64_t{32} << 20;
  for (std::int64_t images : {1, 8, 64})
    for (std::int64_t channels : {1, 16, 64, 200, 512, 1024, 2048})
      for (std::int64_t filters : {1, 16, 100, 512, 2048})
        for (std::int64_t size : {1, 4, 14, 224}) {
          CAPTURE(images);
          CAPTURE(channels);
          CAPTURE(filters);
          CAPTURE(size);
          winograd_extents const e{images, channels, filters, size, size};
          winograd_division const d(e);
          winograd_weight_division const w(e);
          CHECK((d.rooms >= 1 && d.rooms <= 16));
          CHECK((d.rooms <= 2 || d.bytes() <= most));
          CHECK(d.rooms <= blocks_of(e.tiles(), d.tiles) * blocks_of(filters, d.filters));
          CHECK((w.rooms >= 1 && w.rooms <= 16));
          CHECK((w.rooms <= 2 || 4 * w.rooms * w.room <= most));
          CHECK(w.rooms <= w.parts * blocks_of(filters, w.filters) * blocks_of(channels, w.channels));
          CHECK(d.phases() == (d.shared == winograd_shared::nothing ? 1 : 2));
          CHECK((d.before_rooms > 0) == (d.phases() == 2));
          CHECK(4 * d.before_rooms <= winograd_most_shared);
          CHECK(d.tiles <= winograd_most_tiles);
          CHECK(d.tiles % 16 == 0);
          CHECK(w.tiles % winograd_tile_unit == 0);
        }
}
