// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/conv/conv_lanes.hpp>
#include <ashlar/backend/cpu/conv/conv_pixels.hpp>
#include <ashlar/backend/cpu/conv/winograd_pooling.hpp>
#include <ashlar/backend/cpu/conv/winograd_weight.hpp>
#include <ashlar/backend/cpu/sum_of_blocks.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Which of the pixels [first, first + pixels) of a result take an element from inside the image at one place of the
/// window, run by run along rows; the same for every channel of every image.
struct pixel_runs {
  struct run {
    int to, length;
    std::int64_t from;  // in a plane of the image
  };
  int count = 0;
  std::int64_t inside = 0;  // pixels
  run of[gemm_most_depth];

  [[gnu::noinline]] pixel_runs(conv_geometry const& g, std::int64_t place, std::int64_t first, std::int64_t pixels) {
    std::int64_t const ky = place / g.kw, kx = place % g.kw;
    std::int64_t y = first / g.ow, x = first % g.ow;
    // the columns of a row whose element lies inside
    std::int64_t const before = g.pw - kx * g.dw, behind = g.w + before;
    std::int64_t const begin = before > 0 ? (before + g.sw - 1) / g.sw : 0;
    std::int64_t const end = behind > 0 ? (behind + g.sw - 1) / g.sw : 0;
    for (std::int64_t done = 0; done < pixels; x = 0, ++y) {
      std::int64_t const length = pixels - done < g.ow - x ? pixels - done : g.ow - x;
      std::int64_t const iy = y * g.sh + ky * g.dh - g.ph;
      std::int64_t const from = x > begin ? x : begin, to = x + length < end ? x + length : end;
      if (iy >= 0 && iy < g.h && from < to) {
        of[count++] = {static_cast<int>(done + from - x), static_cast<int>(to - from), iy * g.w + from * g.sw - before};
        inside += to - from;
      }
      done += length;
    }
  }
};

/// f(row k of weights [weight, weight + weights), its plane in the image, the runs of its place), place after place.
template <class F>
ASHLAR_INLINE void each_weight(conv_geometry const& g, std::int64_t weight, std::int64_t weights, std::int64_t first,
                               std::int64_t pixels, F f) {
  std::int64_t const window = g.kh * g.kw;
  for (std::int64_t p = 0; p < window && p < weights; ++p) {
    std::int64_t const place = (weight + p) % window;
    pixel_runs const runs(g, place, first, pixels);
    for (std::int64_t k = p; k < weights; k += window) f(k, (weight + k) / window * g.h * g.w, runs);
  }
}

/// to[k][j]: what weight `weight + k` is multiplied with for pixel `first + j`; of several images one behind the other.
template <class T>
[[gnu::noinline]] void unfold(conv_geometry const& g, T const* image, std::int64_t images, std::int64_t weight,
                              std::int64_t weights, std::int64_t first, std::int64_t pixels, T* to,
                              std::int64_t width) {
  each_weight(g, weight, weights, first, pixels, [&](std::int64_t k, std::int64_t plane, pixel_runs const& runs) {
    for (std::int64_t b = 0; b < images; ++b) {
      T* const row = to + (b * weights + k) * width;
      T const* const from = image + b * g.image() + plane;
      if (runs.inside < width) std::memset(row, 0, static_cast<std::size_t>(width) * sizeof(T));
      for (int r = 0; r < runs.count; ++r) {
        auto const& run = runs.of[r];
        if (g.sw == 1)
          copy_run(row + run.to, from + run.from, run.length);
        else
          for (int i = 0; i < run.length; ++i) row[run.to + i] = from[run.from + i * g.sw];
      }
    }
  });
}
/// The other way: adds from[k][j] to the element of the image from which unfold would take it.
template <class T>
[[gnu::noinline]] void fold(conv_geometry const& g, T const* from, std::int64_t width, std::int64_t weight,
                            std::int64_t weights, std::int64_t first, std::int64_t pixels, T* image) {
  using S = simd<T, instruction_set::baseline>;
  each_weight(g, weight, weights, first, pixels, [&](std::int64_t k, std::int64_t plane, pixel_runs const& runs) {
    for (int r = 0; r < runs.count; ++r) {
      auto const& run = runs.of[r];
      T const* const more = from + k * width + run.to;
      T* const sums = image + plane + run.from;
      int i = 0;
      for (typename S::vector a, b; g.sw == 1 && i + S::width <= run.length; i += S::width) {
        S::load(a, sums + i);
        S::load(b, more + i);
        S::store(a + b, sums + i);
      }
      for (; i < run.length; ++i) sums[i * g.sw] += more[i];
    }
  });
}

/// y = weight * unfolded(x), panel of pixels after panel; of several images at once where the filters are small.
template <class T>
[[gnu::noinline]] void convolve(kernel_arguments const& args) {
  conv_geometry const g(args);
  gemm_functions<T> const& on = functions_for<T>(args.set);
  T const* x = reinterpret_cast<T const*>(args.operands[0]);
  T const* weight = reinterpret_cast<T const*>(args.operands[1]);
  T* y = reinterpret_cast<T*>(args.operands[2]);
  alignas(64) T panel[gemm_panel_elements];
  std::int64_t const panels = (g.pixels() + on.columns - 1) / on.columns;
  std::int64_t const most = on.depth() / g.patch(), at_once = most < 1 ? 1 : most < 8 ? most : 8;
  std::int64_t const batches = (g.batch + at_once - 1) / at_once;
  kernel_share const own(args, g.groups * panels * batches);
  for (std::int64_t unit = own.begin; unit < own.end; ++unit) {
    std::int64_t const group = unit / (panels * batches);
    std::int64_t const first = unit / batches % panels * on.columns, image = unit % batches * at_once;
    std::int64_t const images = g.batch - image < at_once ? g.batch - image : at_once;
    int const columns = static_cast<int>(g.pixels() - first < on.columns ? g.pixels() - first : on.columns);
    for (std::int64_t k = 0; k < g.patch(); k += on.depth()) {
      std::int64_t const slab = g.patch() - k < on.depth() ? g.patch() - k : on.depth();
      unfold(g, x + image * g.image() + g.in_image(group), images, k, slab, first, columns, panel, on.columns);
      for (std::int64_t b = 0; b < images; ++b)
        on.panel(g.out, slab, {weight + g.in_weight(group) + k, g.patch(), 1}, panel + b * slab * on.columns,
                 on.columns, y + (image + b) * g.result() + g.in_result(group) + first, g.pixels(), k > 0, columns,
                 nullptr);
    }
  }
}

/// dx = folded(weight^T * dy), some channels of an image after the other.
template <class T>
[[gnu::noinline]] void convolve_back(kernel_arguments const& args) {
  conv_geometry const g(args);
  gemm_functions<T> const& on = functions_for<T>(args.set);
  T const* dy = reinterpret_cast<T const*>(args.operands[0]);
  T const* weight = reinterpret_cast<T const*>(args.operands[1]);
  T* dx = reinterpret_cast<T*>(args.operands[2]);
  alignas(64) T panel[gemm_panel_elements], unfolded[gemm_panel_elements];
  std::int64_t const most_rows = on.depth();
  std::int64_t const window = g.kh * g.kw, at_once = window < most_rows ? most_rows / window : 1;
  std::int64_t const parts = (g.channels + at_once - 1) / at_once;
  kernel_share const own(args, g.batch * g.groups * parts);
  for (std::int64_t unit = own.begin; unit < own.end; ++unit) {
    std::int64_t const image = unit / parts / g.groups, group = unit / parts % g.groups;
    std::int64_t const channel = unit % parts * at_once;
    std::int64_t const channels = g.channels - channel < at_once ? g.channels - channel : at_once;
    T const* const filters = weight + g.in_weight(group);
    T* const to = dx + image * g.image() + g.in_image(group);
    std::memset(to + channel * g.h * g.w, 0, static_cast<std::size_t>(channels * g.h * g.w) * sizeof(T));
    for (std::int64_t first = 0; first < g.pixels(); first += on.columns) {
      int const columns = static_cast<int>(g.pixels() - first < on.columns ? g.pixels() - first : on.columns);
      std::int64_t const end = (channel + channels) * window;
      for (std::int64_t row = channel * window; row < end; row += most_rows) {
        std::int64_t const rows = end - row < most_rows ? end - row : most_rows;
        for (std::int64_t k = 0; k < g.out; k += on.depth()) {
          std::int64_t const slab = g.out - k < on.depth() ? g.out - k : on.depth();
          T const* right = dy + image * g.result() + g.in_result(group) + k * g.pixels() + first;
          std::int64_t right_row = g.pixels();
          if (columns < on.columns) {
            on.pack_rows(panel, right, g.pixels(), slab, columns);
            right = panel;
            right_row = on.columns;
          }
          on.panel(rows, slab, {filters + k * g.patch() + row, 1, g.patch()}, right, right_row, unfolded, on.columns,
                   k > 0, on.columns, nullptr);
        }
        fold(g, unfolded, on.columns, row, rows, first, columns, to);
      }
    }
  }
}

/// dweight = dy * unfolded(x)^T over all images: blocks of images on their own, in the workspace where there are
/// several, and the blocks' sum in a second phase. So the work divides where the weights are few, always in the same
/// way.
template <class T>
[[gnu::noinline]] void convolve_weight(kernel_arguments const& args) {
  conv_geometry const g(args);
  gemm_functions<T> const& on = functions_for<T>(args.set);
  T const* dy = reinterpret_cast<T const*>(args.operands[0]);
  T const* x = reinterpret_cast<T const*>(args.operands[1]);
  T* dweight = reinterpret_cast<T*>(args.operands[2]);
  T* blocks = g.blocks > 1 ? reinterpret_cast<T*>(args.operands[3]) : dweight;
  std::int64_t const size = g.in_weight(g.groups);
  if (args.phase == 1) return sum_of_blocks(args, blocks, g.blocks, size, dweight);
  alignas(64) T panel[gemm_panel_elements], unfolded[gemm_panel_elements];
  std::int64_t const panels = (g.patch() + on.columns - 1) / on.columns;
  kernel_share const own(args, g.blocks * g.groups * panels);
  for (std::int64_t unit = own.begin; unit < own.end; ++unit) {
    std::int64_t const block = unit / panels / g.groups, group = unit / panels % g.groups;
    std::int64_t const first = unit % panels * on.columns;
    int const columns = static_cast<int>(g.patch() - first < on.columns ? g.patch() - first : on.columns);
    T* const to = blocks + block * size + g.in_weight(group) + first;
    std::int64_t const begin = g.batch * block / g.blocks, end = g.batch * (block + 1) / g.blocks;
    for (std::int64_t o = 0; begin == end && o < g.out; ++o)
      for (int j = 0; j < columns; ++j) to[o * g.patch() + j] = T{};
    for (std::int64_t image = begin; image < end; ++image)
      for (std::int64_t k = 0; k < g.pixels(); k += on.depth()) {
        std::int64_t const slab = g.pixels() - k < on.depth() ? g.pixels() - k : on.depth();
        unfold(g, x + image * g.image() + g.in_image(group), 1, first, columns, k, slab, unfolded, slab);
        on.pack(panel, unfolded, slab, slab, columns);
        on.panel(g.out, slab, {dy + image * g.result() + g.in_result(group) + k, g.pixels(), 1}, panel, on.columns, to,
                 g.patch(), image > begin || k > 0, columns, nullptr);
      }
  }
}

/// A convolution, in the way that its code says.
template <class Code>
struct conv_kernel {
  using T = std::conditional_t<Code::at[1] != 0, double, float>;

  static void run(kernel_arguments const& args) {
    constexpr int way = Code::at[2];
    if constexpr (Code::kind == kernel_kind::conv) {
      if constexpr (way == conv_way::winograd)
        convolve_winograd<T>(args, false);
      else if constexpr (way == conv_way::pooled)
        convolve_pooled<T>(args);
      else if constexpr (way == conv_way::products)
        convolve<T>(args);
      else if (conv_workspace(args.numbers, Code::kind, sizeof(T)).in_lanes &&
               conv_geometry(args).batch >= least_images_in_lanes)
        conv_lanes<T>(args, Code::kind).forward();
      else
        convolve_pixels<T>(args);
    } else if constexpr (Code::kind == kernel_kind::conv_data) {
      if constexpr (way == conv_way::winograd)
        convolve_winograd<T>(args, true);
      else if constexpr (way == conv_way::products)
        convolve_back<T>(args);
      else
        conv_lanes<T>(args, Code::kind).data();
    } else {
      if constexpr (way == conv_way::winograd)
        convolve_winograd_weight<T>(args);
      else if constexpr (way == conv_way::products)
        convolve_weight<T>(args);
      else
        conv_lanes<T>(args, Code::kind).weight();
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
