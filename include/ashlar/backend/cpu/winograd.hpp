// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/winograd_transforms.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A convolution with 3 x 3 windows of stride 1, or the gradient of its data, which is one with filters turned around
/// whose channels are the other's filters; what it reads is `channels` x `height` x `width`, and what it writes
/// `filters` x `out_height` x `out_width`.
struct winograd_convolution {
  std::int64_t images, channels, height, width, filters, out_height, out_width, top, left;
  std::int64_t filter_step, channel_step;  // between their windows
  bool turned;
  std::int64_t tile_block, filter_block, rooms;
  std::int64_t tile_rows, tile_columns;

  winograd_convolution(kernel_arguments const& args, bool is_data) : turned(is_data) {
    std::int64_t const* n = args.numbers;
    images = n[16] ? n[16] * args.rows : n[0];
    channels = n[1], height = n[2], width = n[3], filters = n[4], out_height = n[5], out_width = n[6];
    top = n[11], left = n[12];
    filter_step = 9 * channels, channel_step = 9;
    if (is_data) {
      std::swap(channels, filters);
      std::swap(height, out_height);
      std::swap(width, out_width);
      std::swap(filter_step, channel_step);
      top = 2 - top, left = 2 - left;
    }
    tile_block = n[18], filter_block = n[19], rooms = n[20];
    tile_rows = (out_height + 3) / 4, tile_columns = (out_width + 3) / 4;
  }
  std::int64_t tiles() const { return images * tile_rows * tile_columns; }
};

/// The windows of 16 channels of one filter, transformed; zeros behind the last channel.
inline void transform_filter(winograd_convolution const& g, winograd_function transform, float const* weight,
                             std::int64_t filter, std::int64_t channel, float* to, std::int64_t apart) {
  alignas(64) float windows[9][16];
  float const* from = weight + filter * g.filter_step + channel * g.channel_step;
  int const count = static_cast<int>(g.channels - channel < 16 ? g.channels - channel : 16);
  if (count < 16) std::memset(windows, 0, sizeof windows);
  for (int c = 0; c < count; ++c, from += g.channel_step)
    for (int k = 0; k < 9; ++k) windows[g.turned ? 8 - k : k][c] = from[k];
  winograd_call call{};
  call.stage = winograd_stage::filter;
  call.from = windows[0], call.pitch = 16, call.count = 16;
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
  tile_plane const in{g.height, g.width, g.channels * g.height * g.width, g.top, g.left};
  tile_plane const out{g.out_height, g.out_width, g.filters * g.out_height * g.out_width, 0, 0};
  std::int64_t const blocks = (g.tiles() + g.tile_block - 1) / g.tile_block;
  std::int64_t const parts = (g.filters + g.filter_block - 1) / g.filter_block;
  kernel_share const own(args, blocks * parts);
  for (std::int64_t unit = own.begin; unit < own.end;) {
    std::int64_t const number = unit / parts;
    tile_block const block(g.images, g.tile_rows, g.tile_columns, number * g.tile_block, g.tile_block);
    winograd_call call{};
    call.block = &block, call.rows = images + room.rows, call.pitch = room.pitch;
    std::int64_t const panels = (block.tiles + on.columns - 1) / on.columns;
    std::memset(call.rows, 0, static_cast<std::size_t>(12 * room.pitch) * sizeof(float));  // also behind the last tile
    call.stage = winograd_stage::image;
    call.plane = &in, call.apart = room.image_apart, call.pair = g.channels * on.columns;
    for (std::int64_t c = 0; c < g.channels; ++c) {
      call.from = x + c * g.height * g.width;
      call.to = images + c * on.columns;
      transform(call);
    }
    for (; unit < own.end && unit / parts == number; ++unit) {
      std::int64_t const first = unit % parts * g.filter_block;
      std::int64_t const count = g.filters - first < g.filter_block ? g.filters - first : g.filter_block;
      for (std::int64_t c = 0; c < g.channels; c += 16)
        for (std::int64_t k = 0; k < count; ++k)
          transform_filter(g, transform, weight, first + k, c, filters + k * room.filter_row + c, room.filter_apart);
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
        call.to = y + (first + k) * g.out_height * g.out_width;
        transform(call);
      }
    }
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
