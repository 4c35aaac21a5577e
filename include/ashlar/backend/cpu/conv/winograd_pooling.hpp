// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/conv/square_windows.hpp>
#include <ashlar/backend/cpu/conv/winograd.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

/// The largest numbers of windows of 2 x 2 of a convolution's results, of which a tile has four, and where they are.
template <instruction_set Set>
struct winograd_pooling {
  using transforms = winograd<Set>;
  using windows = square_windows<Set, float>;
  using vector = typename windows::vector;
  using mask = typename windows::mask;
  using bits = typename windows::bits;
  static constexpr int width = windows::width;

  /// As windows that are taken of a plane in memory: the first maximum, or the first that is no number. `at` counts
  /// from the window's first element.
  ASHLAR_INLINE static void take(vector const* above, vector const* below, std::int64_t row, vector& best, mask& at) {
    mask stays;
    best = above[0];
    windows::take_larger(best, stays, above[1]);
    at = stays + 1;
    vector lower = below[0];
    windows::take_larger(lower, stays, below[1]);
    mask const under = stays + static_cast<bits>(row + 1);
    windows::take_larger(best, stays, lower);
    at = (at & stays) | (under & ~stays);
  }
  /// Element (i, j) of what tile t is pooled to lies at rows[i][2 t + j], its position at rows[2 + i][2 t + j].
  ASHLAR_INLINE static void run(winograd_call const& c) {
    for (int tile = 0; tile < c.block->tiles; tile += width) {
      vector y[4][4];
      transforms::results_of(c, tile, y);
      ASHLAR_UNROLL_UP_TO(8)
      for (int i = 0; i < 2; ++i) {
        vector best[2];
        mask at[2];
        for (int j = 0; j < 2; ++j) take(y[2 * i] + 2 * j, y[2 * i + 1] + 2 * j, c.row, best[j], at[j]);
        float* const to = c.rows + i * c.pitch + 2 * tile;
        windows::store_pairs(best[0], best[1], to, width);
        if (c.positions)
          windows::store_pairs(reinterpret_cast<vector>(at[0]), reinterpret_cast<vector>(at[1]), to + 2 * c.pitch,
                               width);
      }
    }
    write(c);
  }

 private:
  /// To a channel those elements that lie inside.
  ASHLAR_INLINE static void write(winograd_call const& c) {
    tile_plane const& p = *c.plane;
    for (int s = 0; s < c.block->count; ++s) {
      tile_segment const& segment = c.block->segments[s];
      std::int64_t const y = 2 * segment.row, x = 2 * segment.column;
      std::int64_t const count = smaller_of(p.width - x, 2 * segment.count);
      std::int64_t const to = segment.image * p.image + y * p.width + x;
      for (int i = 0; i < 2 && y + i < p.height; ++i) {
        float const* const from = c.rows + i * c.pitch + 2 * segment.at;
        copy_run(c.to + to + i * p.width, from, count);
        fetch_ahead(c.to + to + i * p.width + p.size(), count);
        if (c.positions)
          write_positions(from + 2 * c.pitch, count, 2 * ((y + i) * c.row + x), c.positions + to + i * p.width);
      }
    }
  }
  ASHLAR_INLINE static void write_positions(float const* from, std::int64_t count, std::int64_t first,
                                            std::int32_t* to) {
    for (std::int64_t k = 0; k < count; ++k) {
      std::int32_t at;
      std::memcpy(&at, from + k, sizeof at);
      to[k] = at + static_cast<std::int32_t>(first + 2 * k);
    }
  }
};

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

template <class T>
void winograd_pooling_on_baseline(winograd_call const& c) {
  winograd_pooling<instruction_set::baseline>::run(c);
}
template <class T>
ASHLAR_TARGET_AVX2 ASHLAR_FUSED_MULTIPLY_ADD void winograd_pooling_on_avx2(winograd_call const& c) {
  winograd_pooling<instruction_set::avx2>::run(c);
}
template <class T>
ASHLAR_TARGET_AVX512 ASHLAR_FUSED_MULTIPLY_ADD void winograd_pooling_on_avx512(winograd_call const& c) {
  winograd_pooling<instruction_set::avx512>::run(c);
}

/// A convolution whose results are pooled. Operands: image, weight, perhaps a bias, the largest numbers, perhaps their
/// positions, the workspace.
template <class T>
void convolve_pooled(kernel_arguments const& args) {
  winograd_convolution const g(args, false);
  bool const has_bias = args.numbers[23], has_relu = args.numbers[24], has_positions = args.numbers[25];
  char* const* const behind = args.operands + (has_bias ? 3 : 2);
  std::int64_t const height = g.out_height / 2, width = g.out_width / 2;
  winograd_results<T> to{reinterpret_cast<T*>(behind[0]),
                         {height, width, g.filters * height * width, 0, 0},
                         ASHLAR_BY_SET(args.set, winograd_pooling_on_baseline<T>, winograd_pooling_on_avx2<T>,
                                       winograd_pooling_on_avx512<T>),
                         {}};
  if (has_bias)
    to.finish = {has_relu ? product_epilogue::bias_and_relu : product_epilogue::bias,
                 reinterpret_cast<T const*>(args.operands[2]), 0};
  if (has_positions) to.positions = reinterpret_cast<std::int32_t*>(behind[1]);
  convolve_winograd<T>(args, g, behind[has_positions ? 2 : 1], to);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
