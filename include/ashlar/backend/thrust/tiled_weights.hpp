// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/launch.hpp>
#include <ashlar/backend/thrust/tiled_product.hpp>

/// The gradient of a convolution's weights, tile by tile: a product of the results' gradients and the images' windows
/// over all images and pixels. These are many and the weights few, so they are divided into parts, each summed by other
/// teams into a workspace; then the parts are added in their order. How many there are depends on the extents alone.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// How the work is divided, by the numbers of conv_functor.
struct weight_parts {
  static constexpr int side = tile_of<float>::rows;
  static constexpr std::int64_t teams = 256;  // about as many as the largest GPUs run at once, so that all have work
  static constexpr std::int64_t unit = tile_of<float>::block;
  std::int64_t tiles, count, size, weights;  // size: images' pixels of a part

  ASHLAR_INLINE ASHLAR_HD explicit constexpr weight_parts(std::int64_t const* n) {
    std::int64_t const out = n[4] / n[15], patch = n[1] / n[15] * n[7] * n[8], depth = n[0] * n[5] * n[6];
    tiles = n[15] * parts_of_size(out, side) * parts_of_size(patch, side);
    weights = n[4] * patch;
    std::int64_t const wanted = tiles < teams ? teams / tiles : 1;
    size = parts_of_size(parts_of_size(depth, wanted), unit) * unit;
    count = parts_of_size(depth, size);
  }
};

/// The results' gradients: a row for each filter, and the images' windows: a column for each weight of a filter.
template <class T, bool Rounds>
struct gradients_of_pixels {
  T const* from;
  conv_extents g;
  std::int64_t first;

  ASHLAR_INLINE ASHLAR_HD T operator()(std::int64_t filter, std::int64_t p) const {
    std::int64_t image = first + p;
    std::int64_t const pixel = take_index(image, g.pixels());
    return as_factor<Rounds>(from[(image * g.groups * g.out + filter) * g.pixels() + pixel]);
  }
};
template <class T, bool Rounds>
struct windows_of_pixels {
  T const* from;
  conv_extents g;
  std::int64_t first;

  ASHLAR_INLINE ASHLAR_HD T operator()(std::int64_t p, std::int64_t weight) const {
    std::int64_t image = first + p, channel = weight;
    std::int64_t const x = take_index(image, g.ow), y = take_index(image, g.oh);
    std::int64_t const kx = take_index(channel, g.kw), ky = take_index(channel, g.kh);
    std::int64_t const i = y * g.sh + ky * g.dh - g.ph, j = x * g.sw + kx * g.dw - g.pw;
    bool const inside = i >= 0 && i < g.h && j >= 0 && j < g.w;
    return inside ? as_factor<Rounds>(from[((image * g.groups * g.channels + channel) * g.h + i) * g.w + j]) : T{};
  }
};

/// A tile of one part's weights to a team. Operands: as conv_functor's, and a workspace, which one part does not need.
template <int... Codes>
struct tiled_weight_functor {
  using code = kernel_code<Codes...>;
  using T = std::conditional_t<code::at[1] != 0, double, float>;
  using tile = tile_of<T>;
  static constexpr bool rounds = rounds_in<code, 2>();
  static constexpr int operands = 4;
  static constexpr bool cooperates = true;

  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) {
    weight_parts const parts(n);
    return parts.tiles * parts.count;
  }
  static std::int64_t packets(std::int64_t const*) { return tile::squares; }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    weight_parts const parts(given.numbers);
    conv_extents const g(given.numbers, given.valid(given.numbers[0], given.numbers[16]));
    std::int64_t const across = parts_of_size(g.patch(), tile::columns), down = parts_of_size(g.out, tile::rows);
    std::int64_t part = unit;
    std::int64_t const column = take_index(part, across) * tile::columns, row = take_index(part, down) * tile::rows;
    std::int64_t const group = take_index(part, g.groups), first = part * parts.size;
    std::int64_t const left = g.batch * g.pixels() - first,
                       depth = left < parts.size ? (left < 0 ? 0 : left) : parts.size;
    T* const to = parts.count == 1 ? given.template at<T>(2) : given.template at<T>(3) + part * parts.weights;
    compute_tile<T, true>(
        team, row, column, g.out, g.patch(), depth,
        gradients_of_pixels<T, rounds>{given.template at<T const>(0) + group * g.out * g.pixels(), g, first},
        windows_of_pixels<T, rounds>{given.template at<T const>(1) + group * g.channels * g.h * g.w, g, first},
        stored_matrix<T>{to + group * g.out * g.patch(), g.patch()});
  }
};

/// The sums of the parts, a weight to a thread.
template <int... Codes>
struct sum_of_weight_parts {
  using T = typename tiled_weight_functor<Codes...>::T;
  static constexpr int operands = 4;
  static constexpr bool cooperates = false;

  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) { return weight_parts(n).weights; }
  static std::int64_t packets(std::int64_t const* n) { return weight_parts(n).count; }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    weight_parts const parts(given.numbers);
    T const* const from = given.template at<T const>(3) + unit;
    T total{};
    for (std::int64_t part = 0; part < parts.count; ++part) total += from[part * parts.weights];
    given.template at<T>(2)[unit] = total;
  }
};

/// Bytes of workspace that a step takes.
constexpr std::int64_t weight_workspace(std::int64_t const* numbers, bool wide) {
  weight_parts const parts(numbers);
  return parts.count == 1 ? 0 : parts.count * parts.weights * (wide ? 8 : 4);
}

#if ASHLAR_GPU
/// Both launches.
template <int... Codes>
launch_status launch_weights(launch_arguments const& a) {
  char* operands[] = {a.operands[0], a.operands[1], a.operands[2], a.workspace};
  launch_arguments own = a;
  own.operands = operands;
  own.operand_count = 4;
  launch_status const status = launch<tiled_weight_functor<Codes...>>(own);
  if (status != gpu_success || weight_parts(a.numbers).count == 1) return status;
  return launch<sum_of_weight_parts<Codes...>>(own);
}
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
