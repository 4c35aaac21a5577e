// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/matmul.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// The numbers of a convolution: batch, channels, h, w, out channels, oh, ow, the window (9), images per valid row,
/// blocks of the cpu's. Channels are those of one group.
struct conv_extents {
  std::int64_t batch, channels, h, w, out, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, groups;

  ASHLAR_INLINE ASHLAR_HD conv_extents(std::int64_t const* n, std::int64_t valid_images)
      : batch(valid_images),
        channels(n[1] / n[15]),
        h(n[2]),
        w(n[3]),
        out(n[4] / n[15]),
        oh(n[5]),
        ow(n[6]),
        kh(n[7]),
        kw(n[8]),
        sh(n[9]),
        sw(n[10]),
        ph(n[11]),
        pw(n[12]),
        dh(n[13]),
        dw(n[14]),
        groups(n[15]) {}
  ASHLAR_INLINE ASHLAR_HD std::int64_t patch() const { return channels * kh * kw; }
  ASHLAR_INLINE ASHLAR_HD std::int64_t pixels() const { return oh * ow; }
};

/// Where the lanes of a packet of pixels find an element of another image; a lane without one has -1.
template <int Lanes>
struct lane_places {
  std::int32_t at[Lanes];
};

/// What the kernels of convolutions share: an implicit product of matrices, some channels of a packet of pixels to a
/// thread; of the weight's gradient some filters of a packet of weights, whose images and pixels a team shares. Codes:
/// kind, whether of doubles, whether factors are rounded to bf16.
template <int... Codes>
struct conv_functor {
  using code = kernel_code<Codes...>;
  using T = std::conditional_t<code::at[1] != 0, double, float>;
  static constexpr int operands = 3, lanes = packet_size<T>, rows = 4;
  static constexpr kernel_kind kind = code::kind;
  static constexpr bool rounds = rounds_in<code, 2>();
  static constexpr bool cooperates = kind == kernel_kind::conv_weight;

  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) {
    conv_extents const g(n, n[0]);
    if (kind == kernel_kind::conv)
      return g.batch * g.groups * parts_of_size(g.out, rows) * parts_of_size(g.pixels(), lanes);
    if (kind == kernel_kind::conv_data)
      return g.batch * g.groups * parts_of_size(g.channels, rows) * parts_of_size(g.h * g.w, lanes);
    return g.groups * parts_of_size(g.out, rows) * parts_of_size(g.patch(), lanes);
  }
  static std::int64_t packets(std::int64_t const* n) {
    conv_extents const g(n, n[0]);
    if (kind == kernel_kind::conv) return g.patch() * rows;
    if (kind == kernel_kind::conv_data) return g.out * g.kh * g.kw * rows;
    return g.batch * g.pixels();
  }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const& team, std::int64_t unit) const {
    conv_extents const g(given.numbers, given.valid(given.numbers[0], given.numbers[16]));
    if constexpr (kind == kernel_kind::conv_weight)
      weights(team, g, unit);
    else
      pixels(g, unit);
  }

 private:
  /// Of the image or of its gradient: `rows` channels of a packet of pixels.
  ASHLAR_INLINE ASHLAR_HD void pixels(conv_extents const& g, std::int64_t unit) const {
    constexpr bool forward = kind == kernel_kind::conv;
    std::int64_t const width = forward ? g.ow : g.w, area = forward ? g.pixels() : g.h * g.w;
    std::int64_t const to_channels = forward ? g.out : g.channels, from_channels = forward ? g.channels : g.out;
    std::int64_t const from_area = forward ? g.h * g.w : g.pixels();
    std::int64_t const parts = parts_of_size(area, lanes), channel_parts = parts_of_size(to_channels, rows);
    std::int64_t const first = unit % parts * lanes, channel = unit / parts % channel_parts * rows;
    std::int64_t const group = unit / parts / channel_parts % g.groups, image = unit / parts / channel_parts / g.groups;
    if (image >= g.batch) return;
    int const count = area - first < lanes ? static_cast<int>(area - first) : lanes;
    int const used = to_channels - channel < rows ? static_cast<int>(to_channels - channel) : rows;
    T const* const from = given.template at<T const>(0) + (image * g.groups + group) * from_channels * from_area;
    T const* const weight = given.template at<T const>(1) + group * g.out * g.patch();
    std::int64_t const window = g.kh * g.kw;
    product_tile<T, rows> tile;
    for (std::int64_t place = 0; place < window; ++place) {
      lane_places<lanes> const p = places<forward>(g, place, first, count, width);
      T const* const w = weight + place + channel * (forward ? g.patch() : window);
      for (std::int64_t c = 0; c < from_channels; ++c) {
        packet<T, lanes> x;
        ASHLAR_UNROLL
        for (int k = 0; k < lanes; ++k) x.at[k] = p.at[k] < 0 ? T{} : as_factor<rounds>(from[c * from_area + p.at[k]]);
        ASHLAR_UNROLL
        for (int i = 0; i < rows; ++i) {
          std::int64_t const at = forward ? i * g.patch() + c * window : i * window + c * g.patch();
          tile.add(i, i < used ? as_factor<rounds>(w[at]) : T{}, x);
        }
        tile.next();
      }
    }
    tile.finish();
    T* const to = given.template at<T>(2) + ((image * g.groups + group) * to_channels + channel) * area + first;
    ASHLAR_UNROLL
    for (int i = 0; i < rows; ++i)
      if (i < used) store(tile.total[i], to + i * area, count);
  }
  /// Which element of a plane a place of the window combines with pixels first, first + 1, ...: forward of the image,
  /// backward of the result.
  template <bool Forward>
  ASHLAR_INLINE ASHLAR_HD static lane_places<lanes> places(conv_extents const& g, std::int64_t place,
                                                           std::int64_t first, int count, std::int64_t width) {
    std::int64_t const ky = place / g.kw, kx = place % g.kw;
    std::int64_t y = first / width, x = first % width;
    lane_places<lanes> p;
    ASHLAR_UNROLL
    for (int k = 0; k < lanes; ++k) {
      std::int64_t i, j;
      bool inside = k < count;
      if constexpr (Forward) {
        i = y * g.sh + ky * g.dh - g.ph;
        j = x * g.sw + kx * g.dw - g.pw;
        inside = inside && i >= 0 && i < g.h && j >= 0 && j < g.w;
        p.at[k] = inside ? static_cast<std::int32_t>(i * g.w + j) : -1;
      } else {
        i = y + g.ph - ky * g.dh;
        j = x + g.pw - kx * g.dw;
        inside = inside && i >= 0 && j >= 0 && i % g.sh == 0 && j % g.sw == 0 && i / g.sh < g.oh && j / g.sw < g.ow;
        p.at[k] = inside ? static_cast<std::int32_t>(i / g.sh * g.ow + j / g.sw) : -1;
      }
      if (++x == width) {
        x = 0;
        ++y;
      }
    }
    return p;
  }

  /// Of the weight's gradient: `rows` filters of a packet of their weights.
  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void weights(Team const& team, conv_extents const& g, std::int64_t unit) const {
    std::int64_t const parts = parts_of_size(g.patch(), lanes), filter_parts = parts_of_size(g.out, rows);
    std::int64_t const first = unit % parts * lanes, filter = unit / parts % filter_parts * rows;
    std::int64_t const group = unit / parts / filter_parts, window = g.kh * g.kw;
    int const count = g.patch() - first < lanes ? static_cast<int>(g.patch() - first) : lanes;
    int const used = g.out - filter < rows ? static_cast<int>(g.out - filter) : rows;
    std::int64_t plane[lanes];
    std::int32_t down[lanes], right[lanes];  // of the window's place, in the image
    ASHLAR_UNROLL
    for (int k = 0; k < lanes; ++k) {
      std::int64_t const weight = first + (k < count ? k : 0);
      plane[k] = weight / window * g.h * g.w;
      down[k] = static_cast<std::int32_t>(weight % window / g.kw * g.dh - g.ph);
      right[k] = static_cast<std::int32_t>(weight % g.kw * g.dw - g.pw);
    }
    T const* const dy = given.template at<T const>(0) + (group * g.out + filter) * g.pixels();
    T const* const x = given.template at<T const>(1) + group * g.channels * g.h * g.w;
    product_tile<T, rows> tile;
    for (std::int64_t r = team.rank; r < g.batch * g.pixels(); r += team.size) {
      std::int64_t const image = r / g.pixels(), pixel = r % g.pixels();
      std::int64_t const y = pixel / g.ow * g.sh, column = pixel % g.ow * g.sw;
      T const* const from = x + image * g.groups * g.channels * g.h * g.w;
      packet<T, lanes> taken;
      ASHLAR_UNROLL
      for (int k = 0; k < lanes; ++k) {
        std::int64_t const i = y + down[k], j = column + right[k];
        bool const inside = k < count && i >= 0 && i < g.h && j >= 0 && j < g.w;
        taken.at[k] = inside ? as_factor<rounds>(from[plane[k] + i * g.w + j]) : T{};
      }
      T const* const d = dy + image * g.groups * g.out * g.pixels() + pixel;
      ASHLAR_UNROLL
      for (int i = 0; i < rows; ++i) tile.add(i, i < used ? as_factor<rounds>(d[i * g.pixels()]) : T{}, taken);
      tile.next();
    }
    tile.finish();
    T* const to = given.template at<T>(2) + (group * g.out + filter) * g.patch() + first;
    ASHLAR_UNROLL
    for (int i = 0; i < rows; ++i) {
      ASHLAR_UNROLL
      for (int k = 0; k < lanes; ++k) tile.total[i].at[k] = team.reduce(tile.total[i].at[k], sum_of_two{});
      if (i < used && team.rank == 0) store(tile.total[i], to + i * g.patch(), count);
    }
  }
  struct sum_of_two {
    ASHLAR_INLINE ASHLAR_HD T operator()(T a, T b) const { return a + b; }
  };
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
