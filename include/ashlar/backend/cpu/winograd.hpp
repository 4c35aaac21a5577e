// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/winograd_transforms.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A convolution, or the gradient of its data: that is one with filters turned around, whose channels are the other's
/// filters.
struct winograd_convolution : winograd_geometry {
  std::int64_t filter_step, channel_step;  // between windows
  std::int64_t tile_block, filter_block, rooms;
  bool turned;

  winograd_convolution(kernel_arguments const& args, bool is_data) : winograd_geometry(args), turned(is_data) {
    filter_step = 9 * channels, channel_step = 9;
    if (is_data) {
      std::swap(channels, filters);
      std::swap(height, out_height);
      std::swap(width, out_width);
      std::swap(filter_step, channel_step);
      top = 2 - top, left = 2 - left;
    }
    tile_block = args.numbers[18], filter_block = args.numbers[19], rooms = args.numbers[20];
  }
};

/// The windows of a panel's columns of channels of one filter, transformed; zeros behind the last channel.
inline void transform_filter(winograd_convolution const& g, gemm_functions<float> const& on,
                             winograd_function transform, float const* weight, std::int64_t filter,
                             std::int64_t channel, float* to, std::int64_t apart) {
  alignas(64) float windows[16 * 32];
  std::int64_t const first = filter * g.filter_step + channel * g.channel_step;
  std::int64_t const last = first + (on.columns - 1) * g.channel_step, left = g.channels - channel;
  int const count = left < on.columns ? static_cast<int>(left) : on.columns;
  // whole vectors where nothing ends
  bool const is_inside = count == on.columns && last + 16 <= 9 * g.filters * g.channels;
  on.pack(windows, weight + first, g.channel_step, is_inside ? 16 : 9, count);
  winograd_call call{};
  call.stage = winograd_stage::filter;
  call.from = g.turned ? windows + 8 * on.columns : windows;
  call.pitch = g.turned ? -on.columns : on.columns;
  call.count = on.columns;
  call.to = to, call.apart = apart;
  transform(call);
}

/// y = A^T [(G g G^T) (B^T d B)] A, frequency by frequency a product of matrices: filters by channels, channels by
/// tiles.
[[gnu::noinline]] inline void convolve_winograd(kernel_arguments args, bool is_data) {
  winograd_convolution const g(args, is_data);
  gemm_functions<float> const& on = functions_for<float>(args.set);
  winograd_function const transform = winograd_on(args.set);
  float const* const x = reinterpret_cast<float const*>(args.operands[0]);
  float const* const weight = reinterpret_cast<float const*>(args.operands[1]);
  float* const y = reinterpret_cast<float*>(args.operands[2]);
  winograd_room const room(g.channels, g.tile_block, g.filter_block);
  if (args.parts > g.rooms) args.parts = static_cast<int>(g.rooms);
  if (args.part >= args.parts) return;
  float* const images = reinterpret_cast<float*>(args.operands[3]) + args.part * room.size;
  float *const filters = images + room.filters, *const products = images + room.products;
  tile_plane const in = g.in(), out = g.out();
  std::int64_t const blocks = (g.tiles() + g.tile_block - 1) / g.tile_block;
  std::int64_t const parts = (g.filters + g.filter_block - 1) / g.filter_block;
  kernel_share const own(args, blocks * parts);
  for (std::int64_t unit = own.begin; unit < own.end;) {
    std::int64_t const number = unit / parts;
    tile_block const block = g.block(number * g.tile_block, g.tile_block);
    winograd_call call{};
    call.block = &block, call.rows = images + room.rows, call.pitch = room.pitch;
    std::int64_t const panels = (block.tiles + on.columns - 1) / on.columns;
    std::memset(call.rows, 0, static_cast<std::size_t>(12 * room.pitch) * sizeof(float));  // also behind the last tile
    call.stage = winograd_stage::image;
    call.plane = &in, call.apart = room.image_apart, call.pair = g.channels * on.columns;
    for (std::int64_t c = 0; c < g.channels; ++c) {
      call.from = x + c * in.size();
      call.to = images + c * on.columns;
      transform(call);
    }
    for (; unit < own.end && unit / parts == number; ++unit) {
      std::int64_t const first = unit % parts * g.filter_block;
      std::int64_t const count = g.filters - first < g.filter_block ? g.filters - first : g.filter_block;
      for (std::int64_t c = 0; c < g.channels; c += on.columns)
        for (std::int64_t k = 0; k < count; ++k)
          transform_filter(g, on, transform, weight, first + k, c, filters + k * room.filter_row + c,
                           room.filter_apart);
      for (int f = 0; f < winograd_frequencies; ++f)
        for (std::int64_t k = 0; k < g.channels; k += on.depth()) {
          std::int64_t const slab = g.channels - k < on.depth() ? g.channels - k : on.depth();
          for (std::int64_t p = 0; p < panels; ++p)
            on.panel(count, slab, {filters + f * room.filter_apart + k, room.filter_row, 1},
                     images + f * room.image_apart + (p * g.channels + k) * on.columns, on.columns,
                     products + f * room.product_apart + p * on.columns, g.tile_block, k > 0, on.columns);
        }
      call.stage = winograd_stage::result;
      call.plane = &out, call.apart = room.product_apart, call.pair = on.columns;
      for (std::int64_t k = 0; k < count; ++k) {
        call.from = products + k * g.tile_block;
        call.to = y + (first + k) * out.size();
        transform(call);
      }
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
