// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/backend/cpu/conv/winograd_tile_moves.hpp>
#include <ashlar/backend/cpu/conv/winograd_tiles.hpp>
#include <ashlar/backend/cpu/conv/winograd_windows.hpp>
#include <ashlar/backend/cpu/product/gemm.hpp>
#include <ashlar/backend/cpu/simd/unroll.hpp>

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
  windows,   // the same, of windows that lie one behind the other
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
  int count;                // lanes, of filters and windows
  product_epilogue finish;  // of results: what is done to them, and the channel's bias
  float bias;
  std::int32_t* positions;  // of the maxima of pooled results, in rows of so many elements
  std::int64_t row;
};

/// The transformations on an instruction set. source: Lavin and Gray, arXiv:1509.09308.
template <instruction_set Set>
struct winograd {
  using S = simd<float, Set>;
  using vector = typename S::vector;
  static constexpr int width = S::width, panel_columns = gemm_tile<Set, float>::columns;
  static_assert(panel_columns % width == 0 && winograd_tile_unit % panel_columns == 0);
  using lanes = std::make_integer_sequence<int, width>;
  using moves = winograd_tile_moves<Set>;

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

  ASHLAR_INLINE static void transform_windows(float const* from, float* to, std::int64_t to_apart) {
    vector g[9], half[3][6];
    winograd_windows<Set>::take_apart(from, g);
    ASHLAR_UNROLL_UP_TO(8)
    for (int i = 0; i < 3; ++i) filter::apply(g + 3 * i, half[i]);
    columns<filter>(half, [&](int i, int j, vector const& v) { S::store(v, to + (6 * i + j) * to_apart); });
  }

  ASHLAR_INLINE static std::int64_t place(winograd_call const& c, int tile) {
    return tile / panel_columns * c.panel + tile % panel_columns;
  }
  /// v = row[first, first + width), zeros outside of the row.
  ASHLAR_INLINE static void load_inside(vector& v, float const* row, std::int64_t first, std::int64_t length) {
    if (first >= 0 && length - first >= width) return S::load(v, row + first);
    v = vector{};
    if (first >= 0) {
      if (length > first) load_part<float, Set>(v, row + first, static_cast<int>(length - first));
      return;
    }
    std::int64_t const count = smaller_of(length, width + first);
    if (count <= 0) return;
    load_part<float, Set>(v, row, static_cast<int>(count));
    for (std::int64_t i = first; i < 0; ++i) shift_up(v, lanes{});
  }
  /// A zero and the lanes of v but the last.
  template <int... I>
  ASHLAR_INLINE static void shift_up(vector& v, std::integer_sequence<int, I...>) {
#if defined(__clang__)
    v = __builtin_shufflevector(vector{}, v, (width - 1 + I)...);
#else
    v = __builtin_shuffle(vector{}, v, typename S::mask{(width - 1 + I)...});
#endif
  }
  /// The four rows of a segment's tiles: element (i, j) of tile t at rows[i][4 t + j].
  ASHLAR_INLINE static void read_rows(winograd_call const& c, tile_segment const& segment) {
    tile_plane const& p = *c.plane;
    std::int64_t const first = 4 * segment.column - p.left, top = 4 * segment.row - p.top, count = 4 * segment.count;
    float const* const plane = c.from + segment.image * p.image;
    for (int i = 0; i < 4; ++i) {
      float* const to = c.rows + i * c.pitch + 4 * segment.at;
      float const* const row = plane + (top + i) * p.width;
      for (std::int64_t x = 0; x < count; x += width) {
        vector v{};
        if (top + i >= 0 && top + i < p.height) {
          load_inside(v, row, first + x, p.width);
          __builtin_prefetch(row + first + x + p.size());
        }
        S::store(v, to + x);
      }
    }
  }
  /// B^T d of a segment's six rows of a channel, column by column: element (i, j) of tile t at rows[i][4 t + j].
  ASHLAR_INLINE static void transform_columns(winograd_call const& c, tile_segment const& segment) {
    tile_plane const& p = *c.plane;
    std::int64_t const first = 4 * segment.column - p.left, top = 4 * segment.row - p.top, count = 4 * segment.count;
    float const* const plane = c.from + segment.image * p.image;
    float* const rows = c.rows + 4 * segment.at;
    for (std::int64_t x = 0; x < count + 2; x += width) {
      vector d[6], v[6];
      float const* const at = plane + top * p.width + first + x;
      bool const is_inside = top >= 0 && top + 6 <= p.height && first + x >= 0 && p.width - first - x >= width;
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < 6; ++i) {
        if (is_inside) {
          S::load(d[i], at + i * p.width);
        } else {
          d[i] = vector{};
          if (top + i < 0 || top + i >= p.height) continue;
          load_inside(d[i], plane + (top + i) * p.width, first + x, p.width);
        }
        __builtin_prefetch(at + i * p.width + p.size());
      }
      image::apply(d, v);
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < 6; ++i) S::store(v[i], rows + i * c.pitch + x);
    }
    // the next segment's elements will lie where this one's last tile has its fifth and sixth
    float* const behind = c.rows + 6 * c.pitch + segment.at + segment.count - 1;
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 2; ++j) behind[(2 * i + j) * c.pitch / 2] = rows[i * c.pitch + count + j];
  }
  ASHLAR_INLINE static void transform_image(winograd_call const& c) {
    for (int s = 0; s < c.block->count; ++s) transform_columns(c, c.block->segments[s]);
    for (int tile = 0; tile < c.block->tiles; tile += width) {
      float* const to = c.to + place(c, tile);
      typename S::mask is_last;
      std::memcpy(&is_last, c.block->is_last + tile, sizeof is_last);
      for (int i = 0; i < 6; ++i) {
        float const* const from = c.rows + i * c.pitch + 4 * tile;
        float const* const behind = c.rows + 6 * c.pitch + i * c.pitch + tile;
        vector row[6], last[2], done[6];
        moves::columns_of_tiles_and_next(from, row);
        S::load(last[0], behind);
        S::load(last[1], behind + c.pitch / 2);
        S::choose(row[4], is_last, last[0], row[4]);
        S::choose(row[5], is_last, last[1], row[5]);
        image::apply(row, done);
        ASHLAR_UNROLL_UP_TO(8)
        for (int j = 0; j < 6; ++j) S::store(done[j], to + (6 * i + j) * c.apart);
      }
    }
  }
  ASHLAR_INLINE static void transform_gradient(winograd_call const& c) {
    for (int s = 0; s < c.block->count; ++s) read_rows(c, c.block->segments[s]);
    for (int tile = 0; tile < c.block->tiles; tile += width) {
      vector half[4][6];
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < 4; ++i) {
        vector row[4];
        moves::columns_of_tiles(c.rows + i * c.pitch + 4 * tile, row);
        gradient::apply(row, half[i]);
      }
      float* const to = c.to + place(c, tile);
      columns<gradient>(half, [&](int i, int j, vector const& v) { S::store(v, to + (6 * i + j) * c.apart); });
    }
  }
  ASHLAR_INLINE static void finish(winograd_call const& c, vector (&y)[4][4]) {
    vector bias;
    S::splat(bias, c.bias);
    ASHLAR_UNROLL_UP_TO(8)
    for (int i = 0; i < 4; ++i) {
      ASHLAR_UNROLL_UP_TO(8)
      for (int j = 0; j < 4; ++j) finished_block<Set, float>::finish(c.finish, y[i][j], bias);
    }
  }
  /// A^T m A of as many tiles as a vector has lanes, finished.
  ASHLAR_INLINE static void results_of(winograd_call const& c, int tile, vector (&y)[4][4]) {
    float const* const from = c.from + place(c, tile);
    vector half[6][4];
    ASHLAR_UNROLL_UP_TO(8)
    for (int i = 0; i < 6; ++i) {
      vector row[6];
      ASHLAR_UNROLL_UP_TO(8)
      for (int j = 0; j < 6; ++j) S::load(row[j], from + (6 * i + j) * c.apart);
      result::apply(row, half[i]);
    }
    columns<result>(half, [&](int i, int j, vector const& v) { y[i][j] = v; });
    if (c.finish != product_epilogue::none) finish(c, y);
  }
  ASHLAR_INLINE static void transform_result(winograd_call const& c) {
    for (int tile = 0; tile < c.block->tiles; tile += width) {
      vector y[4][4];
      results_of(c, tile, y);
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < 4; ++i) moves::tiles_of_columns(y[i], c.rows + i * c.pitch + 4 * tile);
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
      case winograd_stage::windows:
        for (int i = 0; i < c.count; i += width) transform_windows(c.from + 9 * i, c.to + i, c.apart);
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
