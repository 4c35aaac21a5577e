// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/conv/conv_geometry.hpp>
#include <ashlar/backend/cpu/conv/image_lanes.hpp>
#include <ashlar/backend/cpu/simd/copy_run.hpp>
#include <ashlar/passes/conv_workspace.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A row whose every stride-th elements lie behind each other: element x at to[(x % stride) * apart + x / stride].
template <class T>
[[gnu::noinline]] void sort_by_stride(T* to, T const* from, std::int64_t first, std::int64_t count, std::int64_t stride,
                                      std::int64_t apart) {
  for (std::int64_t begin = 0; begin < stride && begin < count; ++begin) {
    T* const run = to + (first + begin) % stride * apart + (first + begin) / stride;
    for (std::int64_t x = begin, i = 0; x < count; x += stride, ++i) run[i] = from[x];
  }
}

/// The convolution of few images, of which each lane is another pixel: neighbours in a row of the result are so in the
/// padded image. In phase 0 the images move there. Without strides all rows are taken as one, with some pixels between
/// them that no result has.
template <class T>
[[gnu::noinline]] void convolve_pixels(kernel_arguments const& args) {
  conv_geometry const g(args);
  conv_workspace const at(args.numbers, kernel_kind::conv, sizeof(T));
  std::int32_t* const window_table = reinterpret_cast<std::int32_t*>(args.operands[3] + at.window_table);
  T* const images = reinterpret_cast<T*>(args.operands[3] + at.image);
  std::int64_t const plane = at.h * at.w, apart = at.w / g.sw, planes = g.groups * g.channels;
  if (args.phase == 0) {
    std::int32_t* table = window_table;
    for (std::int64_t c = 0; args.part == 0 && c < g.channels; ++c)
      for (std::int64_t y = 0; y < g.kh; ++y)
        for (std::int64_t x = 0; x < g.kw * g.dw; x += g.dw)
          *table++ = static_cast<std::int32_t>(c * plane + y * g.dh * at.w + x % g.sw * apart + x / g.sw);
    kernel_share const own(args, g.batch * planes);
    for (std::int64_t p = own.begin; p < own.end; ++p) {
      T const* const from = reinterpret_cast<T const*>(args.operands[0]) + p * g.h * g.w;
      T* const to = images + p * plane;
      if (plane > g.h * g.w) std::memset(to, 0, static_cast<std::size_t>(plane) * sizeof(T));
      for (std::int64_t y = 0; y < g.h; ++y)
        sort_by_stride(to + (y + g.ph) * at.w, from + y * g.w, g.pw, g.w, g.sw, apart);
    }
    return;
  }
  constexpr std::int64_t most_rows = 4, most_columns = 80;
  alignas(64) T sums[most_rows * most_columns * 64 / sizeof(T)];
  std::int32_t row_to[most_rows], column_at[most_columns], column_to[most_columns];
  bool const is_one_row = g.sh == 1 && g.sw == 1;
  image_lane_functions<T> const& on = image_lanes_for<T>(args.set, is_one_row ? g.pixels() : g.ow);
  std::int64_t const lanes = on.width, pitch = is_one_row ? at.w : (g.ow + lanes - 1) / lanes * lanes;
  std::int64_t const length = (g.oh - 1) * pitch + g.ow, columns = (length + lanes - 1) / lanes;
  for (std::int64_t i = 0; i < most_rows; ++i) row_to[i] = static_cast<std::int32_t>(i * most_columns * lanes);
  for (std::int64_t j = 0; j < most_columns; ++j) column_to[j] = static_cast<std::int32_t>(j * lanes);
  T const* const weight = reinterpret_cast<T const*>(args.operands[1]);
  T* const result = reinterpret_cast<T*>(args.operands[2]);
  std::int64_t const parts = (columns + most_columns - 1) / most_columns, filters = (g.out + on.rows - 1) / on.rows;
  kernel_share const own(args, g.batch * g.groups * parts * filters);
  for (std::int64_t unit = own.begin; unit < own.end; ++unit) {
    std::int64_t const filter = unit % filters * on.rows, first = unit / filters % parts * most_columns;
    std::int64_t const group = unit / filters / parts % g.groups, b = unit / filters / parts / g.groups;
    std::int64_t const m = g.out - filter < on.rows ? g.out - filter : on.rows;
    std::int64_t const n = columns - first < most_columns ? columns - first : most_columns;
    std::int64_t const begin = first * lanes, end = begin + n * lanes;
    for (std::int64_t j = 0; j < n; ++j) {
      std::int64_t const y = (begin + j * lanes) / pitch, x = (begin + j * lanes) % pitch;
      column_at[j] = static_cast<std::int32_t>(y * g.sh * at.w + x);
    }
    on.multiply_shared({weight + g.in_weight(group) + filter * g.patch(), g.patch(), 1,
                        images + (b * planes + group * g.channels) * plane, column_at, window_table, g.patch(), sums,
                        row_to, column_to},
                       m, n, false);
    for (std::int64_t y = begin / pitch; y < g.oh && y * pitch < end; ++y) {
      std::int64_t const from = y * pitch > begin ? y * pitch : begin;
      std::int64_t const to = y * pitch + g.ow < end ? y * pitch + g.ow : end;
      for (std::int64_t i = 0; i < m && from < to; ++i)
        copy_run(result + b * g.result() + g.in_result(group) + (filter + i) * g.pixels() + y * g.ow + from - y * pitch,
                 sums + row_to[i] + from - begin, to - from);
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
