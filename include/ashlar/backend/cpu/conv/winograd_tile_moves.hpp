// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/backend/cpu/product/gemm_panels.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

/// Four neighbouring elements of as many tiles as a vector has lanes: tile behind tile in memory, element by element in
/// registers. Vectors of up to 32 bytes move by whole lanes of 128 bits, and inside of these: AVX2's shuffles across
/// lanes cost several times as much. AVX-512's do not, and need fewer steps.
template <instruction_set Set>
struct winograd_tile_moves {
  using S = simd<float, Set>;
  using vector = typename S::vector;
  static constexpr int width = S::width;

  /// Elements 0 to 3 of tiles.
  ASHLAR_INLINE static void columns_of_tiles(float const* from, vector* to) {
    vector v[4];
    load(from, v);
    if constexpr (width > 8) {
      split_all(v, to);
    } else {
      vector tile[4], pairs[4];
      to_lanes(v, tile);
      zip_all(tile, pairs, to);
    }
  }
  /// And elements 0 and 1 of the tile behind each, as its fourth and fifth.
  ASHLAR_INLINE static void columns_of_tiles_and_next(float const* from, vector* to) {
    vector v[4], next;
    load(from, v);
    S::load(next, from + 4 * width);
    if constexpr (width > 8) {
      split_all(v, to);
      vector none;
      shuffle<behind<0>, behind<0>>(to[0], next, to[4], none);
      shuffle<behind<1>, behind<1>>(to[1], next, to[5], none);
    } else {
      vector tile[4], pairs[4], more[2], none;
      to_lanes(v, tile);
      zip_all(tile, pairs, to);
      if constexpr (width == 8) shuffle<even_lanes, odd_lanes>(v[2], next, next, none);  // each lane's fifth tile
      shuffle<low_zip, high_zip>(tile[2], next, more[0], more[1]);
      shuffle<low_zip, high_zip>(pairs[2], more[0], to[4], to[5]);
    }
  }
  /// The other way.
  ASHLAR_INLINE static void tiles_of_columns(vector const* from, float* to) {
    vector pairs[4], v[4];
    if constexpr (width > 8) {
      shuffle<low_turns, high_turns>(from[0], from[2], pairs[0], pairs[1]);
      shuffle<low_turns, high_turns>(from[1], from[3], pairs[2], pairs[3]);
      shuffle<low_turns, high_turns>(pairs[0], pairs[2], v[0], v[1]);
      shuffle<low_turns, high_turns>(pairs[1], pairs[3], v[2], v[3]);
    } else {
      vector tile[4];
      zip_all(from, pairs, tile);
      from_lanes(tile, v);
    }
    ASHLAR_UNROLL_UP_TO(8)
    for (int i = 0; i < 4; ++i) S::store(v[i], to + i * width);
  }

 private:
  using panels = gemm_panels<Set, float>;
  using low_zip = typename panels::template zipped<0>;
  using high_zip = typename panels::template zipped<1>;
  using even_lanes = typename panels::template every_second<0>;
  using odd_lanes = typename panels::template every_second<1>;
  template <int Odd>
  struct every_other {
    static constexpr int of(int i) { return 2 * i + Odd; }
  };
  /// Elements of two vectors in turns, the first or the last half of them.
  template <int Half>
  struct turns {
    static constexpr int of(int i) { return Half * (width / 2) + i / 2 + i % 2 * width; }
  };
  /// Each tile's element from the one behind, the last one's from `next`, whose elements follow each other.
  template <int J>
  struct behind {
    static constexpr int of(int i) { return i + 1 < width ? i + 1 : width + J; }
  };
  using low_turns = turns<0>;
  using high_turns = turns<1>;

  template <class Low, class High>
  ASHLAR_INLINE static void shuffle(vector const& a, vector const& b, vector& low, vector& high) {
    panels::shuffle(a, b, low, high, Low{}, High{}, std::make_integer_sequence<int, width>{});
  }
  ASHLAR_INLINE static void load(float const* from, vector* to) {
    ASHLAR_UNROLL_UP_TO(8)
    for (int i = 0; i < 4; ++i) S::load(to[i], from + i * width);
  }
  ASHLAR_INLINE static void split_all(vector const* v, vector* to) {
    vector even[2], odd[2];
    shuffle<every_other<0>, every_other<1>>(v[0], v[1], even[0], odd[0]);
    shuffle<every_other<0>, every_other<1>>(v[2], v[3], even[1], odd[1]);
    shuffle<every_other<0>, every_other<1>>(even[0], even[1], to[0], to[2]);
    shuffle<every_other<0>, every_other<1>>(odd[0], odd[1], to[1], to[3]);
  }
  /// Of tiles that lie lane behind lane, the i-th to the i-th vector, and the fourth behind it beside it.
  ASHLAR_INLINE static void to_lanes(vector const* v, vector* tile) {
    if constexpr (width == 8) {
      shuffle<even_lanes, odd_lanes>(v[0], v[2], tile[0], tile[1]);
      shuffle<even_lanes, odd_lanes>(v[1], v[3], tile[2], tile[3]);
    } else {
      for (int i = 0; i < 4; ++i) tile[i] = v[i];
    }
  }
  ASHLAR_INLINE static void from_lanes(vector const* tile, vector* v) {
    if constexpr (width == 8) {
      shuffle<even_lanes, odd_lanes>(tile[0], tile[1], v[0], v[2]);
      shuffle<even_lanes, odd_lanes>(tile[2], tile[3], v[1], v[3]);
    } else {
      for (int i = 0; i < 4; ++i) v[i] = tile[i];
    }
  }
  /// Rows of each lane become columns; halfway, the first and last halves of rows 0 and 2, then those of 1 and 3.
  ASHLAR_INLINE static void zip_all(vector const* from, vector* pairs, vector* to) {
    shuffle<low_zip, high_zip>(from[0], from[2], pairs[0], pairs[1]);
    shuffle<low_zip, high_zip>(from[1], from[3], pairs[2], pairs[3]);
    shuffle<low_zip, high_zip>(pairs[0], pairs[2], to[0], to[1]);
    shuffle<low_zip, high_zip>(pairs[1], pairs[3], to[2], to[3]);
  }
};

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail
