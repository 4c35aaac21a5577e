// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/conv/winograd_transforms.hpp>
#include <ashlar/backend/cpu/product/half_vectors.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A convolution, or the gradient of its data: that is one with filters turned around, whose channels are the other's
/// filters.
struct winograd_convolution : winograd_geometry {
  std::int64_t filter_step, channel_step;  // between windows
  std::int64_t tile_block, filter_block, rooms, shared, before_rooms;
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
    shared = args.numbers[21], before_rooms = args.numbers[22];
  }
  std::int64_t tile_blocks() const { return blocks_of(tiles(), tile_block); }
  std::int64_t filter_blocks() const { return blocks_of(filters, filter_block); }
  bool shares(winograd_shared::type what) const { return shared == what; }
};

/// What becomes of a convolution's results on their way to memory.
template <class T>
struct winograd_results {
  T* y;
  tile_plane plane;  // of y
  winograd_function transform;
  product_finish<T> finish;
  std::int32_t* positions = nullptr;  // of pooled ones' maxima, in planes of their own
};

/// One share of a convolution, in a room of its own behind what is shared.
template <class T>
class winograd_share {
 public:
  winograd_share(winograd_convolution const& g, kernel_arguments const& args, T* workspace)
      : g_(g),
        on_(functions_for<T>(args.set)),
        halves_(half_vectors_on<T>(args.set)),
        transform_(winograd_on<T>(args.set)),
        room_(g.channels, g.tile_block, g.filter_block, g.shared),
        shared_(workspace),
        memory_(shared_ + g.before_rooms + args.part * room_.size) {}

  /// Where a block of transformed tiles lies, and a row of a block of filters.
  T* images(std::int64_t number) const {
    return g_.shares(winograd_shared::images) ? shared_ + number * room_.block_of_images() : memory_;
  }
  T* filter(std::int64_t number, std::int64_t row) const {
    T* const begin =
        g_.shares(winograd_shared::filters) ? shared_ + number * room_.block_of_filters() : memory_ + room_.filters;
    return begin + row * room_.filter_row;
  }
  /// B^T d B of channels [begin, end) of a block of tiles, in panels.
  void transform_images(T const* x, tile_block const& block, std::int64_t begin, std::int64_t end, T* to) const {
    tile_plane const in = g_.in();
    winograd_call call = call_of(winograd_stage::image, block, in, room_.image_apart);
    call.panel = g_.channels * on_.columns;
    std::memset(call.rows, 0, static_cast<std::size_t>(12 * room_.pitch) * sizeof(T));  // also behind the last tile
    for (std::int64_t c = begin; c < end; ++c) {
      call.from = x + c * in.size();
      call.to = to + c * on_.columns;
      transform_(call);
    }
  }
  /// G g G^T of filters, in the order in which their windows lie; those a few panels on are asked for, as else most of
  /// the time goes into waiting for them.
  void transform_filters(T const* weight, std::int64_t first, std::int64_t count, T* to) const {
    std::int64_t const panels = blocks_of(g_.channels, on_.columns), windows = panels * count;
    auto const filter_of = [&](std::int64_t i) { return g_.turned ? i % count : i / panels; };
    auto const channel_of = [&](std::int64_t i) { return (g_.turned ? i / count : i % panels) * on_.columns; };
    for (std::int64_t i = 0; i < windows; ++i) {
      std::int64_t const next = i + panels_ahead;
      fetch_windows(weight + (first + filter_of(next)) * g_.filter_step + channel_of(next) * g_.channel_step);
      std::int64_t const k = filter_of(i), c = channel_of(i);
      transform_filter(weight, first + k, c, to + k * room_.filter_row + c);
    }
  }
  /// Of each frequency filters by channels times channels by tiles.
  void multiply(T const* filters, std::int64_t count, T const* images, int tiles) const {
    for (int f = 0; f < winograd_frequencies; ++f)
      for (std::int64_t k = 0; k < g_.channels; k += on_.depth()) {
        std::int64_t const slab = smaller_of(g_.channels - k, on_.depth());
        for (int tile = 0; tile < tiles; tile += on_.columns)
          multiply_panel(count, slab, {filters + f * room_.filter_apart + k, room_.filter_row, 1},
                         images + f * room_.image_apart + tile * g_.channels + k * on_.columns,
                         memory_ + room_.products + f * room_.product_apart + tile, k > 0, tiles - tile, tile == 0);
      }
  }
  /// A^T m A of a block of filters, with what is done to it, to the result.
  void transform_results(winograd_results<T> const& to, tile_block const& block, std::int64_t first,
                         std::int64_t count) const {
    winograd_call call = call_of(winograd_stage::result, block, to.plane, room_.product_apart);
    call.panel = on_.columns;
    call.finish = to.finish.kind;
    call.row = g_.out_width;
    for (std::int64_t k = 0; k < count; ++k) {
      if (to.finish.is_something()) call.bias = to.finish.other[first + k];
      call.from = memory_ + room_.products + k * g_.tile_block;
      call.to = to.y + (first + k) * to.plane.size();
      if (to.positions) call.positions = to.positions + (first + k) * to.plane.size();
      to.transform(call);
    }
  }

 private:
  static constexpr std::int64_t panels_ahead = 8;

  /// Of a panel so many vectors as have tiles in them, or half of one; the first one asks for the next filters.
  void multiply_panel(std::int64_t count, std::int64_t slab, matrix_view<T> const& filters, T const* images, T* to,
                      bool add, int tiles, bool is_first) const {
    int const width = on_.columns / 2, left = tiles % width;
    if (halves_ && tiles < on_.columns && left > 0 && 2 * left <= width)
      return halves_(count, slab, filters, images, on_.columns, to, g_.tile_block, add, tiles < width);
    fetched_beside<T> filters_ahead{true};
    on_.panel(count, slab, filters, images, on_.columns, to, g_.tile_block, add, tiles <= width ? width : on_.columns,
              is_first ? &filters_ahead : nullptr);
  }
  void fetch_windows(T const* first) const {
    for (int c = 0; c < on_.columns; ++c) __builtin_prefetch(first + c * g_.channel_step, 0, 2);
  }
  winograd_call call_of(winograd_stage stage, tile_block const& block, tile_plane const& plane,
                        std::int64_t apart) const {
    winograd_call call{};
    call.stage = stage;
    call.block = &block, call.plane = &plane;
    call.rows = memory_ + room_.rows, call.pitch = room_.pitch;
    call.apart = apart;
    return call;
  }
  /// The windows of a panel's columns of channels of one filter; zeros behind the last channel.
  void transform_filter(T const* weight, std::int64_t filter, std::int64_t channel, T* to) const {
    std::int64_t const first = filter * g_.filter_step + channel * g_.channel_step;
    int const count = static_cast<int>(smaller_of(g_.channels - channel, on_.columns));
    winograd_call call{};
    call.stage = winograd_stage::windows;
    call.from = weight + first;
    call.to = to, call.apart = room_.filter_apart;
    call.count = on_.columns;
    alignas(64) T windows[16 * winograd_tile_unit];
    if (g_.turned || count < on_.columns) {
      std::int64_t const last = first + (on_.columns - 1) * g_.channel_step;
      // whole vectors where nothing ends
      bool const is_inside = count == on_.columns && last + 16 <= 9 * g_.filters * g_.channels;
      on_.pack(windows, weight + first, g_.channel_step, is_inside ? 16 : 9, count);
      call.stage = winograd_stage::filter;
      call.from = g_.turned ? windows + 8 * on_.columns : windows;
      call.pitch = g_.turned ? -on_.columns : on_.columns;
    }
    transform_(call);
  }

  winograd_convolution const& g_;
  gemm_functions<T> const& on_;
  half_vectors_function<T> halves_;
  winograd_function transform_;
  winograd_room room_;
  T *shared_, *memory_;
};

/// The first phase: what is shared, divided by channels or by filters.
template <class T>
void transform_shared(winograd_convolution const& g, winograd_share<T> const& share, kernel_arguments const& args,
                      T const* x, T const* weight) {
  if (g.shares(winograd_shared::images)) {
    kernel_share const own(args, g.tile_blocks() * g.channels);
    for (std::int64_t at = own.begin, count; at < own.end; at += count) {
      std::int64_t const number = at / g.channels, channel = at % g.channels;
      count = smaller_of(own.end - at, g.channels - channel);
      tile_block const block = g.block(number * g.tile_block, g.tile_block);
      share.transform_images(x, block, channel, channel + count, share.images(number));
    }
  } else {
    kernel_share const own(args, g.filters, 8);
    for (std::int64_t at = own.begin, count; at < own.end; at += count) {
      std::int64_t const number = at / g.filter_block, filter = at % g.filter_block;
      count = smaller_of(own.end - at, g.filter_block - filter);
      share.transform_filters(weight, at, count, share.filter(number, filter));
    }
  }
}

/// y = A^T [(G g G^T) (B^T d B)] A, frequency by frequency a product of matrices; every block of tiles with every block
/// of filters is a unit of work, those with the same block of what is not shared one after the other.
template <class T>
[[gnu::noinline]] void convolve_winograd(kernel_arguments args, winograd_convolution const& g, char* workspace,
                                         winograd_results<T> const& to) {
  T const* const x = reinterpret_cast<T const*>(args.operands[0]);
  T const* const weight = reinterpret_cast<T const*>(args.operands[1]);
  if (args.parts > g.rooms) args.parts = static_cast<int>(g.rooms);
  if (args.part >= args.parts) return;
  winograd_share<T> const share(g, args, reinterpret_cast<T*>(workspace));
  bool const shares_images = g.shares(winograd_shared::images), shares_filters = g.shares(winograd_shared::filters);
  if (args.phase == 0 && (shares_images || shares_filters)) return transform_shared<T>(g, share, args, x, weight);
  std::int64_t const together = shares_images ? g.tile_blocks() : g.filter_blocks();
  kernel_share const own(args, g.tile_blocks() * g.filter_blocks());
  for (std::int64_t unit = own.begin; unit < own.end; ++unit) {
    bool const is_first = unit == own.begin || unit % together == 0;
    std::int64_t const of_tiles = shares_images ? unit % together : unit / together;
    std::int64_t const of_filters = shares_images ? unit / together : unit % together;
    std::int64_t const first = of_filters * g.filter_block, count = smaller_of(g.filters - first, g.filter_block);
    tile_block const block = g.block(of_tiles * g.tile_block, g.tile_block);
    T *const images = share.images(of_tiles), *const filters = share.filter(of_filters, 0);
    if (!shares_images && is_first) share.transform_images(x, block, 0, g.channels, images);
    if (!shares_filters && (!shares_images || is_first)) share.transform_filters(weight, first, count, filters);
    share.multiply(filters, count, images, block.tiles);
    share.transform_results(to, block, first, count);
  }
}
template <class T>
void convolve_winograd(kernel_arguments const& args, bool is_data) {
  winograd_convolution const g(args, is_data);
  winograd_results<T> to{reinterpret_cast<T*>(args.operands[2]), g.out(), winograd_on<T>(args.set), {}};
  if (args.epilogue != product_epilogue::none)
    to.finish = {args.epilogue, reinterpret_cast<T const*>(args.operands[4]), 0};
  convolve_winograd<T>(args, g, args.operands[3], to);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
