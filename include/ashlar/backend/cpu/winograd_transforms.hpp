// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/backend/cpu/gemm.hpp>
#include <ashlar/backend/cpu/unroll.hpp>
#include <ashlar/backend/cpu/winograd_tiles.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

/// Which transformation of F(4x4, 3x3), of as many tiles or windows at once as a vector has lanes.
enum class winograd_stage : int {
  image,     // B^T d B of one channel's tiles
  result,    // A^T m A, to one channel
  gradient,  // A dy A^T of one channel's tiles
  filter,    // G g G^T
  window     // G^T s G, the gradient of a filter
};

/// What a transformation reads and writes. Frequency or element k of tile t lies at [k * apart + t / 2w * pair + t %
/// 2w], w being the lanes of a vector.
struct winograd_call {
  winograd_stage stage;
  float const* from;
  float* to;
  std::int64_t apart, panel;
  tile_block const* block;  // of an image's channel
  tile_plane const* plane;
  float* rows;  // room for the elements of a block of tiles
  std::int64_t pitch;
  int count;  // lanes, of filters and windows
};

/// The transformations on an instruction set. source: Lavin and Gray, arXiv:1509.09308.
template <instruction_set Set>
struct winograd {
  using S = simd<float, Set>;
  using vector = typename S::vector;
  static constexpr int width = S::width, panel_columns = gemm_tile<Set, float>::columns;
  static_assert(panel_columns % width == 0 && winograd_tile_unit % panel_columns == 0);
  using lanes = std::make_integer_sequence<int, width>;

  struct image {
    static constexpr int in = 6, out = 6;
    ASHLAR_INLINE static void apply(vector const* d, vector* v) {
      vector const a = d[4] - 4 * d[2], b = d[3] - 4 * d[1], c = d[4] - d[2], e = d[3] - d[1];
      v[0] = 4 * (d[0] - d[2]) + c;
      v[1] = a + b;
      v[2] = a - b;
      v[3] = c + 2 * e;
      v[4] = c - 2 * e;
      v[5] = (d[5] - d[3]) - 4 * e;
    }
  };
  struct result {
    static constexpr int in = 6, out = 4;
    ASHLAR_INLINE static void apply(vector const* m, vector* y) {
      vector const s = m[1] + m[2], d = m[1] - m[2], t = m[3] + m[4], u = m[3] - m[4];
      y[0] = m[0] + s + t;
      y[1] = d + 2 * u;
      y[2] = s + 4 * t;
      y[3] = (d + m[5]) + 8 * u;
    }
  };
  struct gradient {
    static constexpr int in = 4, out = 6;
    ASHLAR_INLINE static void apply(vector const* y, vector* z) {
      vector const a = y[0] + y[2], b = y[1] + y[3], c = y[0] + 4 * y[2], e = y[1] + 4 * y[3];
      vector const first = y[0], last = y[3];
      z[0] = first;
      z[1] = a + b;
      z[2] = a - b;
      z[3] = c + 2 * e;
      z[4] = c - 2 * e;
      z[5] = last;
    }
  };
  struct filter {
    static constexpr int in = 3, out = 6;
    ASHLAR_INLINE static void apply(vector const* g, vector* u) {
      vector const a = (g[0] + g[2]) * (-1 / 6.f), b = g[1] * (1 / 6.f);
      vector const c = g[0] * (1 / 24.f) + g[2] * (1 / 6.f), e = g[1] * (1 / 12.f);
      vector const last = g[2];
      u[0] = g[0] * 0.25f;
      u[1] = a - b;
      u[2] = a + b;
      u[3] = c + e;
      u[4] = c - e;
      u[5] = last;
    }
  };
  struct window {
    static constexpr int in = 6, out = 3;
    ASHLAR_INLINE static void apply(vector const* s, vector* w) {
      vector const a = s[1] + s[2], b = s[2] - s[1], c = s[3] + s[4], e = s[3] - s[4];
      w[0] = s[0] * 0.25f - a * (1 / 6.f) + c * (1 / 24.f);
      w[1] = b * (1 / 6.f) + e * (1 / 12.f);
      w[2] = (c - a) * (1 / 6.f) + s[5];
    }
  };

  /// The rows of a tile, each transformed, are in `half`; then its columns.
  template <class Rule, class Put>
  ASHLAR_INLINE static void columns(vector const (&half)[Rule::in][Rule::out], Put put) {
    ASHLAR_UNROLL_UP_TO(8)
    for (int j = 0; j < Rule::out; ++j) {
      vector column[Rule::in], done[Rule::out];
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < Rule::in; ++i) column[i] = half[i][j];
      Rule::apply(column, done);
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < Rule::out; ++i) put(i, j, done[i]);
    }
  }
  /// The whole transformation of one vector of tiles, whose elements lie apart.
  template <class Rule>
  ASHLAR_INLINE static void both(float const* from, std::int64_t from_apart, float* to, std::int64_t to_apart) {
    vector half[Rule::in][Rule::out];
    ASHLAR_UNROLL_UP_TO(8)
    for (int i = 0; i < Rule::in; ++i) {
      vector row[Rule::in];
      ASHLAR_UNROLL_UP_TO(8)
      for (int j = 0; j < Rule::in; ++j) S::load(row[j], from + (i * Rule::in + j) * from_apart);
      Rule::apply(row, half[i]);
    }
    columns<Rule>(half, [&](int i, int j, vector const& v) { S::store(v, to + (i * Rule::out + j) * to_apart); });
  }

  template <int... I>
  ASHLAR_INLINE static void split(vector const& a, vector const& b, vector& even, vector& odd,
                                  std::integer_sequence<int, I...>) {
#if defined(__clang__)
    even = __builtin_shufflevector(a, b, (2 * I)...);
    odd = __builtin_shufflevector(a, b, (2 * I + 1)...);
#else
    even = __builtin_shuffle(a, b, typename S::mask{(2 * I)...});
    odd = __builtin_shuffle(a, b, typename S::mask{(2 * I + 1)...});
#endif
  }
  /// The other way: the elements of a and b in turns.
  template <int... I>
  ASHLAR_INLINE static void interleave(vector const& a, vector const& b, vector& low, vector& high,
                                       std::integer_sequence<int, I...>) {
#if defined(__clang__)
    low = __builtin_shufflevector(a, b, (I / 2 + I % 2 * width)...);
    high = __builtin_shufflevector(a, b, (width / 2 + I / 2 + I % 2 * width)...);
#else
    low = __builtin_shuffle(a, b, typename S::mask{(I / 2 + I % 2 * width)...});
    high = __builtin_shuffle(a, b, typename S::mask{(width / 2 + I / 2 + I % 2 * width)...});
#endif
  }
  /// Elements j and j + 1 ... of tiles that lie one behind the other, four elements each.
  ASHLAR_INLINE static void columns_of_tiles(float const* from, vector* to, int count) {
    vector v[4], even[2], odd[2], more;
    ASHLAR_UNROLL_UP_TO(8)
    for (int i = 0; i < 4; ++i) S::load(v[i], from + i * width);
    split(v[0], v[1], even[0], odd[0], lanes{});
    split(v[2], v[3], even[1], odd[1], lanes{});
    split(even[0], even[1], to[0], count > 2 ? to[2] : more, lanes{});
    split(odd[0], odd[1], to[1], count > 2 ? to[3] : more, lanes{});
  }
  ASHLAR_INLINE static void tiles_of_columns(vector const* from, float* to) {
    vector even[2], odd[2], v[4];
    interleave(from[0], from[2], even[0], even[1], lanes{});
    interleave(from[1], from[3], odd[0], odd[1], lanes{});
    interleave(even[0], odd[0], v[0], v[1], lanes{});
    interleave(even[1], odd[1], v[2], v[3], lanes{});
    ASHLAR_UNROLL_UP_TO(8)
    for (int i = 0; i < 4; ++i) S::store(v[i], to + i * width);
  }

  ASHLAR_INLINE static std::int64_t place(winograd_call const& c, int tile) {
    return tile / panel_columns * c.panel + tile % panel_columns;
  }
  ASHLAR_INLINE static void transform_image(winograd_call const& c) {
    read_tiles<6, true>(*c.block, *c.plane, c.from, c.rows, c.pitch);
    for (int tile = 0; tile < c.block->tiles; tile += width) {
      vector half[6][6];
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < 6; ++i) {
        vector row[6];
        columns_of_tiles(c.rows + i * c.pitch + 4 * tile, row, 4);
        columns_of_tiles(c.rows + (6 + i) * c.pitch + 4 * tile, row + 4, 2);
        image::apply(row, half[i]);
      }
      float* const to = c.to + place(c, tile);
      columns<image>(half, [&](int i, int j, vector const& v) { S::store(v, to + (6 * i + j) * c.apart); });
    }
  }
  ASHLAR_INLINE static void transform_gradient(winograd_call const& c) {
    read_tiles<4, false>(*c.block, *c.plane, c.from, c.rows, c.pitch);
    for (int tile = 0; tile < c.block->tiles; tile += width) {
      vector half[4][6];
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < 4; ++i) {
        vector row[4];
        columns_of_tiles(c.rows + i * c.pitch + 4 * tile, row, 4);
        gradient::apply(row, half[i]);
      }
      float* const to = c.to + place(c, tile);
      columns<gradient>(half, [&](int i, int j, vector const& v) { S::store(v, to + (6 * i + j) * c.apart); });
    }
  }
  ASHLAR_INLINE static void transform_result(winograd_call const& c) {
    for (int tile = 0; tile < c.block->tiles; tile += width) {
      float const* const from = c.from + place(c, tile);
      vector half[6][4], y[4][4];
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < 6; ++i) {
        vector row[6];
        ASHLAR_UNROLL_UP_TO(8)
        for (int j = 0; j < 6; ++j) S::load(row[j], from + (6 * i + j) * c.apart);
        result::apply(row, half[i]);
      }
      columns<result>(half, [&](int i, int j, vector const& v) { y[i][j] = v; });
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < 4; ++i) tiles_of_columns(y[i], c.rows + i * c.pitch + 4 * tile);
    }
    write_tiles(*c.block, *c.plane, c.rows, c.pitch, c.to);
  }
  ASHLAR_INLINE static void run(winograd_call const& c) {
    switch (c.stage) {
      case winograd_stage::image: return transform_image(c);
      case winograd_stage::result: return transform_result(c);
      case winograd_stage::gradient: return transform_gradient(c);
      case winograd_stage::filter:
        for (int i = 0; i < c.count; i += width) both<filter>(c.from + i, c.pitch, c.to + i, c.apart);
        return;
      case winograd_stage::window:
        for (int i = 0; i < c.count; i += width) both<window>(c.from + i, c.apart, c.to + i, c.pitch);
    }
  }
};

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

// Templates, like all that calls them: programs without such convolutions need not compile them.

template <class T>
void winograd_on_baseline(winograd_call const& c) {
  winograd<instruction_set::baseline>::run(c);
}
template <class T>
ASHLAR_TARGET_AVX2 ASHLAR_FUSED_MULTIPLY_ADD void winograd_on_avx2(winograd_call const& c) {
  winograd<instruction_set::avx2>::run(c);
}
template <class T>
ASHLAR_TARGET_AVX512 ASHLAR_FUSED_MULTIPLY_ADD void winograd_on_avx512(winograd_call const& c) {
  winograd<instruction_set::avx512>::run(c);
}
using winograd_function = void (*)(winograd_call const&);
template <class T>
winograd_function winograd_on([[maybe_unused]] instruction_set set) {
  return ASHLAR_BY_SET(set, winograd_on_baseline<T>, winograd_on_avx2<T>, winograd_on_avx512<T>);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
