// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/conv/winograd_transforms.hpp>
#include <ashlar/backend/cpu/sum_of_blocks.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The weight gradient of a convolution and its division.
struct winograd_weight_gradient : winograd_geometry {
  std::int64_t parts, tile_block, filter_block, channel_block, rooms;

  explicit winograd_weight_gradient(kernel_arguments const& args) : winograd_geometry(args) {
    std::int64_t const* n = args.numbers;
    parts = n[17], tile_block = n[18], filter_block = n[19], channel_block = n[20], rooms = n[21];
  }
  std::int64_t tile_blocks() const { return blocks_of(tiles(), tile_block); }
  std::int64_t weights() const { return 9 * filters * channels; }
};

/// Blocks of filters by channels; their sums over a range of blocks of tiles.
template <class T>
class winograd_weight_block {
 public:
  winograd_weight_block(winograd_weight_gradient const& g, instruction_set set, T* memory, std::int64_t filter,
                        std::int64_t channel)
      : g_(g),
        on_(functions_for<T>(set)),
        transform_(winograd_on<T>(set)),
        room_(g.tile_block, g.filter_block, g.channel_block),
        memory_(memory),
        filter_(filter),
        channel_(channel),
        filters_(smaller_of(g.filters - filter, g.filter_block)),
        channels_(smaller_of(g.channels - channel, g.channel_block)) {}

  /// Adds the products of a block of tiles, or begins with them.
  void add(T const* dy, T const* x, std::int64_t number, bool is_first) const {
    tile_block const block = g_.block(number * g_.tile_block, g_.tile_block);
    tile_plane const in = g_.in(), out = g_.out();
    transform_all(winograd_stage::image, block, in, x + channel_ * in.size(), channels_, room_.images,
                  room_.image_apart);
    transform_all(winograd_stage::gradient, block, out, dy + filter_ * out.size(), filters_, room_.gradients,
                  room_.gradient_apart);
    alignas(64) T panel[gemm_panel_elements];
    for (int f = 0; f < winograd_frequencies; ++f)
      for (std::int64_t c = 0; c < channels_; c += on_.columns) {
        int const columns = static_cast<int>(smaller_of(channels_ - c, on_.columns));
        on_.pack(panel, memory_ + room_.images + f * room_.image_apart + c * g_.tile_block, g_.tile_block, block.tiles,
                 columns);
        on_.panel(filters_, block.tiles, {memory_ + room_.gradients + f * room_.gradient_apart, g_.tile_block, 1},
                  panel, on_.columns, memory_ + f * room_.sum_apart + c, room_.sum_row, !is_first, on_.columns,
                  nullptr);
      }
  }
  /// The gradients of the block's filters.
  void finish(T* dweight) const {
    alignas(64) T windows[9][16];
    winograd_call call{};
    call.stage = winograd_stage::window;
    call.to = windows[0], call.pitch = 16, call.count = 16, call.apart = room_.sum_apart;
    for (std::int64_t k = 0; k < filters_; ++k)
      for (std::int64_t c = 0; c < channels_; c += 16) {
        call.from = memory_ + k * room_.sum_row + c;
        transform_(call);
        T* const to = dweight + ((filter_ + k) * g_.channels + channel_ + c) * 9;
        std::int64_t const count = smaller_of(channels_ - c, 16);
        for (std::int64_t j = 0; j < count; ++j)
          for (int i = 0; i < 9; ++i) to[9 * j + i] = windows[i][j];
      }
  }
  /// The gradients where there is no tile.
  void clear(T* dweight) const {
    for (std::int64_t k = 0; k < filters_; ++k)
      for (std::int64_t i = 0; i < 9 * channels_; ++i) dweight[((filter_ + k) * g_.channels + channel_) * 9 + i] = 0;
  }

 private:
  void transform_all(winograd_stage stage, tile_block const& block, tile_plane const& plane, T const* from,
                     std::int64_t count, std::int64_t to, std::int64_t apart) const {
    winograd_call call{};
    call.stage = stage;
    call.block = &block, call.plane = &plane;
    call.rows = memory_ + room_.rows, call.pitch = room_.pitch;
    call.apart = apart, call.panel = on_.columns;
    for (std::int64_t c = 0; c < count; ++c) {
      call.from = from + c * plane.size();
      call.to = memory_ + to + c * g_.tile_block;
      transform_(call);
    }
  }

  winograd_weight_gradient const& g_;
  gemm_functions<T> const& on_;
  winograd_function transform_;
  winograd_weight_room room_;
  T* memory_;
  std::int64_t filter_, channel_, filters_, channels_;
};

/// dweight = G^T [ sum over the tiles of (A dy A^T) (B^T x B) ] G; the sums in parts, always the same ones, where the
/// weights are too few to divide the work, and the parts' sum in a second phase.
template <class T>
[[gnu::noinline]] void convolve_winograd_weight(kernel_arguments args) {
  winograd_weight_gradient const g(args);
  T const* const dy = reinterpret_cast<T const*>(args.operands[0]);
  T const* const x = reinterpret_cast<T const*>(args.operands[1]);
  T* const dweight = reinterpret_cast<T*>(args.operands[2]);
  T* const rooms = reinterpret_cast<T*>(args.operands[3]);
  std::int64_t const room = winograd_weight_room(g.tile_block, g.filter_block, g.channel_block).size;
  T* const parts = g.parts > 1 ? rooms + g.rooms * room : dweight;
  if (args.phase == 1) return sum_of_blocks(args, parts, g.parts, g.weights(), dweight);
  if (args.parts > g.rooms) args.parts = static_cast<int>(g.rooms);
  if (args.part >= args.parts) return;
  T* const memory = rooms + args.part * room;
  std::int64_t const of_filters = blocks_of(g.filters, g.filter_block);
  std::int64_t const of_channels = blocks_of(g.channels, g.channel_block);
  kernel_share const own(args, g.parts * of_filters * of_channels);
  for (std::int64_t unit = own.begin; unit < own.end; ++unit) {
    std::int64_t const part = unit / of_channels / of_filters;
    winograd_weight_block<T> const block(g, args.set, memory, unit / of_channels % of_filters * g.filter_block,
                                         unit % of_channels * g.channel_block);
    std::int64_t const begin = g.tile_blocks() * part / g.parts, end = g.tile_blocks() * (part + 1) / g.parts;
    for (std::int64_t number = begin; number < end; ++number) block.add(dy, x, number, number == begin);
    T* const to = parts + part * g.weights();
    begin < end ? block.finish(to) : block.clear(to);
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
