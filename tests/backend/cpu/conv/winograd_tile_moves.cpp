// SPDX-License-Identifier: MIT
#include <ashlar/backend/cpu/conv/winograd_tile_moves.hpp>

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

using namespace ashlar::detail;

namespace {

constexpr int most = 16;  // lanes of the widest vector

/// What a set makes of tiles of four elements that lie one behind the other: elements of all tiles, with and without
/// those of the tile behind each; and what it makes of the former again.
struct moved {
  int width = 0;
  float columns[4][most], with_next[6][most], tiles[4 * most];
};
template <instruction_set Set>
ASHLAR_INLINE void move_on(float const* from, moved& r) {
  using moves = winograd_tile_moves<Set>;
  using S = typename moves::S;
  typename moves::vector v[4], next[6];
  moves::columns_of_tiles(from, v);
  for (int j = 0; j < 4; ++j) S::store(v[j], r.columns[j]);
  moves::columns_of_tiles_and_next(from, next);
  for (int j = 0; j < 6; ++j) S::store(next[j], r.with_next[j]);
  moves::tiles_of_columns(v, r.tiles);
  r.width = S::width;
}
[[maybe_unused]] void on_baseline(float const* from, moved& r) { move_on<instruction_set::baseline>(from, r); }
[[maybe_unused]] ASHLAR_TARGET_AVX2 void on_avx2(float const* from, moved& r) {
  move_on<instruction_set::avx2>(from, r);
}
[[maybe_unused]] ASHLAR_TARGET_AVX512 void on_avx512(float const* from, moved& r) {
  move_on<instruction_set::avx512>(from, r);
}

}  // namespace

TEST_CASE("tiles become columns of their elements, and those the same tiles again, on every instruction set") {
  std::vector<float> tiles(5 * most);
  std::iota(tiles.begin(), tiles.end(), 1.f);
  for (int s = 0; s <= static_cast<int>(machine_instruction_set()); ++s) {
    CAPTURE(s);
    moved r;
    ASHLAR_BY_SET(static_cast<instruction_set>(s), on_baseline, on_avx2, on_avx512)(tiles.data(), r);
    REQUIRE(r.width > 0);
    for (int tile = 0; tile < r.width; ++tile) {
      CAPTURE(tile);
      for (int j = 0; j < 6; ++j) {
        CAPTURE(j);
        float const wanted = static_cast<float>(4 * tile + j + 1);  // 4 and 5 are the next tile's
        CHECK(r.with_next[j][tile] == wanted);
        if (j > 3) continue;
        CHECK(r.columns[j][tile] == wanted);
        CHECK(r.tiles[4 * tile + j] == wanted);
      }
    }
  }
}
