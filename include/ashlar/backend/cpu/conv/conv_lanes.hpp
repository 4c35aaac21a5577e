// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/conv/conv_geometry.hpp>
#include <ashlar/backend/cpu/conv/lane_moves.hpp>
#include <ashlar/backend/cpu/sum_of_blocks.hpp>
#include <ashlar/passes/conv_workspace.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A convolution of several images at once, of which each has a lane of all vectors: so no vector is partly empty,
/// however few channels there are and however narrow the planes. In phase 0 what is read moves to lanes.
template <class T>
class conv_lanes {
  conv_geometry const g;
  kernel_arguments const& args;
  image_lane_functions<T> const& on;
  conv_workspace const at;
  char* const workspace;
  T* const image;
  T* const result;
  std::int64_t const lanes, sets;    // of images
  std::int64_t const plane, pixels;  // elements, of all lanes
  std::int64_t const channel_apart, filter_apart;

 public:
  [[gnu::noinline]] conv_lanes(kernel_arguments const& a, kernel_kind kind)
      : g(a),
        args(a),
        on(image_lanes_for<T>(a.set, g.batch)),
        at(a.numbers, kind, sizeof(T)),
        workspace(a.operands[3]),
        image(reinterpret_cast<T*>(workspace + at.image)),
        result(reinterpret_cast<T*>(workspace + at.result)),
        lanes(on.width),
        sets((g.batch + lanes - 1) / lanes),
        plane(at.h * at.w * lanes),
        pixels(g.pixels() * lanes),
        channel_apart(sets * plane + conv_workspace::line / static_cast<std::int64_t>(sizeof(T))),
        filter_apart(sets * pixels + conv_workspace::line / static_cast<std::int64_t>(sizeof(T))) {}

  [[gnu::noinline]] void forward() const {
    if (args.phase == 0) return move_to_lanes(operand(0), nullptr);
    constexpr std::int64_t most_rows = 16, most_columns = 80;
    alignas(64) T sums[most_rows * most_columns * 64 / sizeof(T)];
    std::int32_t row_to[most_rows];
    for (std::int64_t i = 0; i < most_rows; ++i) row_to[i] = static_cast<std::int32_t>(i * most_columns * lanes);
    T const* const weight = operand(1);
    T* const y = operand(2);
    std::int64_t const parts = (g.pixels() + most_columns - 1) / most_columns, slab = even_slab(g.patch(), most_depth);
    // so many filters read the same elements of images, unless then there was little to divide
    std::int64_t rows = most_rows;
    while (rows > on.rows && sets * g.groups * parts * ((g.out + rows - 1) / rows) < 4 * args.parts) rows /= 2;
    std::int64_t const filters = (g.out + rows - 1) / rows;
    kernel_share const own(args, sets * g.groups * parts * filters);
    for (std::int64_t unit = own.begin; unit < own.end; ++unit) {
      std::int64_t const filter = unit % filters * rows, first = unit / filters % parts * most_columns;
      std::int64_t const group = unit / filters / parts % g.groups, set = unit / filters / parts / g.groups;
      std::int64_t const m = at_most(g.out - filter, rows), n = at_most(g.pixels() - first, most_columns);
      for (std::int64_t k = 0; k < g.patch(); k += slab)
        on.multiply_shared({weight + g.in_weight(group) + filter * g.patch() + k, g.patch(), 1, image_of(set, group, 0),
                            table(at.pixel_table) + first, table(at.window_table) + k, at_most(g.patch() - k, slab),
                            sums, row_to, table(at.result_table), k > 0},
                           m, n, false);
      for (std::int64_t i = 0; i < m; ++i)
        planes_from_lanes<T>(on, {g.result(), images_of(set), n, n, 0}, sums + row_to[i],
                             y + set * lanes * g.result() + g.in_result(group) + (filter + i) * g.pixels() + first);
    }
  }

  /// What the pixels of the result say of a place of the window is added to the image pixel by pixel.
  [[gnu::noinline]] void data() const {
    if (args.phase == 0) return move_to_lanes(nullptr, operand(0));
    T const* const weight = operand(1);
    T* const dx = operand(2);
    constexpr std::int64_t most_left = 8192, least_slab = 32;
    alignas(64) T left[most_left];
    std::int64_t const window = g.kh * g.kw, once = window < 6 ? 24 / window : 4;  // rows for whole tiles
    std::int64_t const most_slab = at_most(most_left / (once * window), most_depth);
    bool const copies = most_slab >= least_slab;  // weights of a filter lie far from those of the next
    std::int64_t const slab = even_slab(g.out, copies ? most_slab : most_depth);
    std::int64_t const parts = (g.channels + once - 1) / once;
    kernel_share const own(args, sets * g.groups * parts);
    for (std::int64_t unit = own.begin; unit < own.end; ++unit) {
      std::int64_t const channel = unit % parts * once, group = unit / parts % g.groups, set = unit / parts / g.groups;
      std::int64_t const channels = at_most(g.channels - channel, once);
      T* const sums = image_of(set, group, channel);
      for (std::int64_t c = 0; c < channels; ++c)
        std::memset(sums + c * channel_apart, 0, static_cast<std::size_t>(plane) * sizeof(T));
      std::int64_t const rows = channels * window;
      for (std::int64_t k = 0; k < g.out; k += slab) {
        std::int64_t const depth = at_most(g.out - k, slab);
        T const* from = weight + g.in_weight(group) + k * g.patch() + channel * window;
        std::int64_t step = g.patch();
        if (copies) {
          for (std::int64_t i = 0; i < depth; ++i)
            std::memcpy(left + i * rows, from + i * step, static_cast<std::size_t>(rows) * sizeof(T));
          from = left;
          step = rows;
        }
        on.multiply_shared({from, 1, step, result_of(set, group, 0), table(at.result_table), table(at.filter_table) + k,
                            depth, sums, table(at.window_table), table(at.pixel_table)},
                           rows, g.pixels(), true);
      }
      for (std::int64_t c = 0; c < channels; ++c)
        planes_from_lanes<T>(on, {g.image(), images_of(set), g.h * g.w, g.w, (at.w - g.w) * lanes},
                             sums + c * channel_apart + (g.ph * at.w + g.pw) * lanes,
                             dx + set * lanes * g.image() + g.in_image(group) + (channel + c) * g.h * g.w);
    }
  }

  /// Every lane sums on its own, the lanes' sums at last; of several blocks of images a third phase adds them. Blocks
  /// come first: whoever computes a share of them moved about the same images to lanes.
  [[gnu::noinline]] void weight() const {
    if (args.phase == 0) return move_to_lanes(operand(1), operand(0));
    std::int64_t const size = g.in_weight(g.groups);
    T* const blocks = g.blocks > 1 ? reinterpret_cast<T*>(workspace + at.sums) : operand(2);
    if (args.phase == 2) return sum_of_blocks(args, blocks, g.blocks, size, operand(2));
    constexpr std::int64_t most_rows = 16, most_columns = conv_workspace::least_results, slab = 128;
    alignas(64) T sums[most_rows * most_columns * 64 / sizeof(T)];
    std::int64_t const tiles = (g.patch() + on.columns - 1) / on.columns;
    std::int64_t const filters = (g.out + most_rows - 1) / most_rows;
    // so many tiles read a filter's pixels together, unless then there was little to divide
    std::int64_t const spread = tiles * filters * g.groups * g.blocks / 8, most = most_columns / on.columns;
    std::int64_t const columns = (spread < 1 ? 1 : at_most(spread, most)) * on.columns;
    std::int64_t const parts = (g.patch() + columns - 1) / columns;
    std::int32_t row_to[most_rows];
    for (std::int64_t i = 0; i < most_rows; ++i) row_to[i] = static_cast<std::int32_t>(i * columns * lanes);
    kernel_share const own(args, g.blocks * g.groups * parts * filters);
    for (std::int64_t unit = own.begin; unit < own.end; ++unit) {
      std::int64_t const filter = unit % filters * most_rows, first = unit / filters % parts * columns;
      std::int64_t const group = unit / filters / parts % g.groups, block = unit / filters / parts / g.groups;
      std::int64_t const m = at_most(g.out - filter, most_rows), n = at_most(g.patch() - first, columns);
      std::int64_t const end = sets * (block + 1) / g.blocks * g.pixels();
      std::memset(sums, 0, sizeof sums);
      for (std::int64_t p = sets * block / g.blocks * g.pixels(); p < end; p += slab)
        on.multiply_own({result_of(0, group, filter) + p * lanes, filter_apart, lanes, image_of(0, group, 0),
                         table(at.window_table) + first, table(at.pixel_table) + p, at_most(end - p, slab), sums,
                         row_to, table(at.result_table)},
                        m, n, true);
      T* const to = blocks + block * size + g.in_weight(group) + filter * g.patch() + first;
      for (std::int64_t i = 0; i < m; ++i) sum_lanes(sums + row_to[i], n, to + i * g.patch());
    }
  }

 private:
  static constexpr std::int64_t most_depth = 192;  // terms of a sum at once: a tile's stay in the first cache

  static std::int64_t at_most(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
  static std::int64_t even_slab(std::int64_t depth, std::int64_t most) {
    std::int64_t const slabs = (depth + most - 1) / most;
    return slabs < 2 ? depth : (depth + slabs - 1) / slabs;
  }
  T* operand(int k) const { return reinterpret_cast<T*>(args.operands[k]); }
  std::int32_t* table(std::int64_t begin) const { return reinterpret_cast<std::int32_t*>(workspace + begin); }
  int images_of(std::int64_t set) const { return static_cast<int>(at_most(g.batch - set * lanes, lanes)); }
  T* image_of(std::int64_t set, std::int64_t group, std::int64_t channel) const {
    return image + (group * g.channels + channel) * channel_apart + set * plane;
  }
  T* result_of(std::int64_t set, std::int64_t group, std::int64_t filter) const {
    return result + (group * g.out + filter) * filter_apart + set * pixels;
  }
  /// to[j]: the sum of vector j's lanes.
  [[gnu::noinline]] void sum_lanes(T const* vectors, std::int64_t count, T* to) const {
    alignas(64) T part[most_lanes * most_lanes]{}, turned[most_lanes * most_lanes];
    for (std::int64_t j = 0; j < count; j += lanes) {
      std::int64_t const n = at_most(count - j, lanes);
      std::memcpy(part, vectors + j * lanes, static_cast<std::size_t>(n * lanes) * sizeof(T));
      on.transpose(part, lanes, turned, lanes);
      for (std::int64_t l = 1; l < lanes; ++l)
        for (std::int64_t i = 0; i < lanes; ++i) turned[i] += turned[l * lanes + i];
      std::memcpy(to + j, turned, static_cast<std::size_t>(n) * sizeof(T));
    }
  }

  /// The planes of x and dy, where given.
  [[gnu::noinline]] void move_to_lanes(T const* x, T const* dy) const {
    if (args.part == 0) write_tables();
    std::int64_t const first = x ? g.groups * g.channels : 0, planes = first + (dy ? g.groups * g.out : 0);
    kernel_share const own(args, sets * planes);
    for (std::int64_t unit = own.begin; unit < own.end; ++unit) {
      std::int64_t const set = unit / planes, p = unit % planes;
      if (p < first) {
        T* const to = image_of(set, 0, p);
        if (at.h * at.w > g.h * g.w) std::memset(to, 0, static_cast<std::size_t>(plane) * sizeof(T));
        planes_to_lanes<T>(on, {g.image(), images_of(set), g.h * g.w, g.w, (at.w - g.w) * lanes},
                           x + set * lanes * g.image() + p * g.h * g.w, to + (g.ph * at.w + g.pw) * lanes);
      } else {
        planes_to_lanes<T>(on, {g.result(), images_of(set), g.pixels(), g.pixels(), 0},
                           dy + set * lanes * g.result() + (p - first) * g.pixels(), result_of(set, 0, p - first));
      }
    }
  }
  [[gnu::noinline]] void write_tables() const {
    std::int32_t* to = table(at.window_table);
    std::int64_t const row = at.w * lanes;
    for (std::int64_t c = 0; c < g.channels; ++c)
      for (std::int64_t y = 0; y < g.kh; ++y) to = write(to, c * channel_apart + y * g.dh * row, g.dw * lanes, g.kw);
    to = table(at.pixel_table);
    for (std::int64_t set = 0; set < sets; ++set)
      for (std::int64_t y = 0; y < g.oh; ++y) to = write(to, set * plane + y * g.sh * row, g.sw * lanes, g.ow);
    std::int64_t const least = conv_workspace::least_results;
    write(table(at.result_table), 0, lanes, g.pixels() < least ? least : g.pixels());
    write(table(at.filter_table), 0, filter_apart, g.out);
  }
  /// first, first + distance, ...
  static std::int32_t* write(std::int32_t* to, std::int64_t first, std::int64_t distance, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) *to++ = static_cast<std::int32_t>(first + i * distance);
    return to;
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
