// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/conv.hpp>
#include <ashlar/backend/thrust/team.hpp>

/// Products of matrices tile by tile, each by a team that reads its factors once into memory that it shares: what a GPU
/// without a library runs.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// The extents of a tile; its elements are computed in squares of 4 x 4.
template <class T>
struct tile_of {
  static constexpr int rows = 64, columns = 64, depth = sizeof(T) == 8 ? 8 : 16;
  static constexpr int side = 4, squares_across = columns / side, squares = rows / side * squares_across;
  /// Of shared memory: depth x (rows and a gap, so that neighbours are written to different banks), depth x columns.
  static constexpr int left_stride = rows + 4, left_size = depth * left_stride, shared = left_size + depth * columns;
  /// How many products are summed on their own, so that a sum's error does not grow with its length.
  static constexpr int block = 256;
};

/// Adds sums to their totals; they begin anew.
template <class T, int Own, int Side>
ASHLAR_INLINE ASHLAR_HD void collect_sums(T (&sum)[Own][Side][Side], T (&total)[Own][Side][Side]) {
  ASHLAR_UNROLL
  for (int q = 0; q < Own; ++q) ASHLAR_UNROLL
  for (int i = 0; i < Side; ++i) ASHLAR_UNROLL
  for (int j = 0; j < Side; ++j) {
    total[q][i][j] += sum[q][i][j];
    sum[q][i][j] = T{};
  }
}

/// One tile of a product [m, k] by [k, n]: left(i, p) and right(p, j) give the factors' elements, store(i, j, sum)
/// takes the result's. LeftByRow: neighbours of the left factor in memory have neighbouring p.
template <class T, bool LeftByRow, class Team, class Left, class Right, class Store>
ASHLAR_INLINE ASHLAR_HD void compute_tile(Team const& team, std::int64_t first_row, std::int64_t first_column,
                                          std::int64_t m, std::int64_t n, std::int64_t k, Left const& left,
                                          Right const& right, Store const& store) {
  using tile = tile_of<T>;
  constexpr int own = (tile::squares + Team::least_size - 1) / Team::least_size;
  T* const shared_left = team.template shared_memory<T, tile::shared>();
  T* const shared_right = shared_left + tile::left_size;
  T sum[own][tile::side][tile::side], total[own][tile::side][tile::side];
  ASHLAR_UNROLL
  for (int q = 0; q < own; ++q) ASHLAR_UNROLL
  for (int i = 0; i < tile::side; ++i) ASHLAR_UNROLL
  for (int j = 0; j < tile::side; ++j) sum[q][i][j] = total[q][i][j] = T{};
  for (std::int64_t p = 0; p < k; p += tile::depth) {
    for (int e = team.rank; e < tile::rows * tile::depth; e += team.size) {
      int const row = LeftByRow ? e / tile::depth : e % tile::rows, at = LeftByRow ? e % tile::depth : e / tile::rows;
      bool const is_one = first_row + row < m && p + at < k;
      shared_left[at * tile::left_stride + row] = is_one ? left(first_row + row, p + at) : T{};
    }
    for (int e = team.rank; e < tile::depth * tile::columns; e += team.size) {
      int const at = e / tile::columns, column = e % tile::columns;
      bool const is_one = first_column + column < n && p + at < k;
      shared_right[at * tile::columns + column] = is_one ? right(p + at, first_column + column) : T{};
    }
    team.meet();
    ASHLAR_UNROLL
    for (int q = 0; q < own; ++q) {
      int const square = team.rank + q * team.size;
      if (square >= tile::squares) break;
      T const* const rows = shared_left + square / tile::squares_across * tile::side;
      T const* const columns = shared_right + square % tile::squares_across * tile::side;
      ASHLAR_UNROLL
      for (int at = 0; at < tile::depth; ++at) ASHLAR_UNROLL
      for (int i = 0; i < tile::side; ++i) ASHLAR_UNROLL
      for (int j = 0; j < tile::side; ++j)
        sum[q][i][j] += rows[at * tile::left_stride + i] * columns[at * tile::columns + j];
    }
    team.meet();  // nobody writes the next factors before everybody has read these
    if ((p + tile::depth) % tile::block == 0) collect_sums(sum, total);
  }
  collect_sums(sum, total);
  ASHLAR_UNROLL
  for (int q = 0; q < own; ++q) {
    int const square = team.rank + q * team.size;
    if (square >= tile::squares) break;
    ASHLAR_UNROLL
    for (int i = 0; i < tile::side; ++i) ASHLAR_UNROLL
    for (int j = 0; j < tile::side; ++j) {
      std::int64_t const row = first_row + square / tile::squares_across * tile::side + i;
      std::int64_t const column = first_column + square % tile::squares_across * tile::side + j;
      if (row < m && column < n) store(row, column, total[q][i][j]);
    }
  }
}

/// Reads and writes of a matrix whose neighbours lie a row or a column apart. Rounds: to bf16, as all factors here.
template <class T, bool Rounds>
struct matrix_of {
  T* at;
  std::int64_t by_row, by_column;

  ASHLAR_INLINE ASHLAR_HD T operator()(std::int64_t i, std::int64_t j) const {
    return as_factor<Rounds>(at[i * by_row + j * by_column]);
  }
};
template <class T>
struct stored_matrix {
  T* at;
  std::int64_t by_row;

  template <class X>
  ASHLAR_INLINE ASHLAR_HD void operator()(std::int64_t i, std::int64_t j, X x) const {
    at[i * by_row + j] = x;
  }
};

/// A batch of products of matrices, a tile to a team. Its numbers are those of matmul_functor.
template <int... Codes>
struct tiled_matmul_functor {
  using code = kernel_code<Codes...>;
  using T = std::conditional_t<code::at[1] != 0, double, float>;
  using tile = tile_of<T>;
  static constexpr bool ta = code::at[2] != 0, tb = code::at[3] != 0, rounds = rounds_in<code, 4>();
  static constexpr int operands = 3;
  static constexpr bool cooperates = true;

  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) {
    return n[0] * parts_of_size(n[1], tile::rows) * parts_of_size(n[2], tile::columns);
  }
  static std::int64_t packets(std::int64_t const*) { return tile::squares; }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    std::int64_t const* const numbers = given.numbers;
    std::int64_t const full_m = numbers[1], n = numbers[2], full_k = numbers[3], kind = numbers[4];
    std::int64_t const batch = given.valid(numbers[0], kind == 1 ? numbers[5] : 0);
    std::int64_t const m = given.valid(full_m, kind == 2 ? numbers[5] : 0);
    std::int64_t const depth = given.valid(full_k, kind == 3 ? numbers[5] : 0);
    std::int64_t const down = parts_of_size(full_m, tile::rows), across = parts_of_size(n, tile::columns);
    std::int64_t const matrix = unit / across / down, row = unit / across % down * tile::rows;
    if (matrix >= batch || row >= m) return;
    matrix_of<T const, rounds> const a{given.template at<T const>(0) + matrix * full_m * full_k, ta ? 1 : full_k,
                                       ta ? full_m : 1};
    matrix_of<T const, rounds> const b{given.template at<T const>(1) + matrix * full_k * n, tb ? 1 : n,
                                       tb ? full_k : 1};
    compute_tile<T, !ta>(team, row, unit % across * tile::columns, m, n, depth, a, b,
                         stored_matrix<T>{given.template at<T>(2) + matrix * full_m * n, n});
  }
};

/// Elements of images where windows of a convolution look at them: of the image for its result, of the result's
/// gradient for the image's.
template <class T, bool Forward, bool Rounds>
struct windowed_images {
  T const* from;
  conv_extents g;

  /// The element that product p of pixel j takes: p counts channels and places in the window.
  ASHLAR_INLINE ASHLAR_HD T operator()(std::int64_t p, std::int64_t pixel) const {
    std::int64_t channel = p, ky = take_index(channel, g.kh * g.kw), y = pixel;
    std::int64_t const kx = take_index(ky, g.kw), x = take_index(y, Forward ? g.ow : g.w);
    if constexpr (Forward) {
      std::int64_t const i = y * g.sh + ky * g.dh - g.ph, j = x * g.sw + kx * g.dw - g.pw;
      bool const inside = i >= 0 && i < g.h && j >= 0 && j < g.w;
      return inside ? as_factor<Rounds>(from[(channel * g.h + i) * g.w + j]) : T{};
    } else {
      std::int64_t const i = y + g.ph - ky * g.dh, j = x + g.pw - kx * g.dw;
      bool const inside = i >= 0 && j >= 0 && i % g.sh == 0 && j % g.sw == 0 && i / g.sh < g.oh && j / g.sw < g.ow;
      return inside ? as_factor<Rounds>(from[(channel * g.oh + i / g.sh) * g.ow + j / g.sw]) : T{};
    }
  }
};
/// Weights of a convolution as the left factor for its image's gradient.
template <class T, bool Rounds>
struct turned_weights {
  T const* at;
  std::int64_t patch, window;

  ASHLAR_INLINE ASHLAR_HD T operator()(std::int64_t channel, std::int64_t p) const {
    std::int64_t const place = take_index(p, window);
    return as_factor<Rounds>(at[p * patch + channel * window + place]);
  }
};

/// A convolution, or the gradient of its image, as products of weights and the images' windows: a tile of channels and
/// pixels of an image to a team. Its numbers are those of conv_functor.
template <int... Codes>
struct tiled_conv_functor {
  using code = kernel_code<Codes...>;
  using T = std::conditional_t<code::at[1] != 0, double, float>;
  using tile = tile_of<T>;
  static constexpr bool forward = code::kind == kernel_kind::conv, rounds = rounds_in<code, 2>();
  static constexpr int operands = 3;
  static constexpr bool cooperates = true;

  kernel_values<operands> given;

  ASHLAR_INLINE ASHLAR_HD static std::int64_t channels(conv_extents const& g) { return forward ? g.out : g.channels; }
  ASHLAR_INLINE ASHLAR_HD static std::int64_t area(conv_extents const& g) { return forward ? g.pixels() : g.h * g.w; }
  static std::int64_t units(std::int64_t const* n) {
    conv_extents const g(n, n[0]);
    return g.batch * g.groups * parts_of_size(channels(g), tile::rows) * parts_of_size(area(g), tile::columns);
  }
  static std::int64_t packets(std::int64_t const*) { return tile::squares; }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    conv_extents const g(given.numbers, given.valid(given.numbers[0], given.numbers[16]));
    std::int64_t const to = channels(g), from = forward ? g.channels : g.out, size = area(g);
    std::int64_t const from_size = forward ? g.h * g.w : g.pixels(), window = g.kh * g.kw;
    std::int64_t const down = parts_of_size(to, tile::rows), across = parts_of_size(size, tile::columns);
    std::int64_t const column = unit % across * tile::columns, row = unit / across % down * tile::rows;
    std::int64_t const plane = unit / across / down, image = plane / g.groups, group = plane % g.groups;
    if (image >= g.batch) return;
    T const* const weight = given.template at<T const>(1) + group * g.out * g.patch();
    windowed_images<T, forward, rounds> const right{given.template at<T const>(0) + plane * from * from_size, g};
    stored_matrix<T> const result{given.template at<T>(2) + plane * to * size, size};
    if constexpr (forward)
      compute_tile<T, true>(team, row, column, to, size, from * window,
                            matrix_of<T const, rounds>{weight, g.patch(), 1}, right, result);
    else
      compute_tile<T, true>(team, row, column, to, size, from * window,
                            turned_weights<T, rounds>{weight, g.patch(), window}, right, result);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
