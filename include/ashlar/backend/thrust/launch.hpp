// SPDX-License-Identifier: MIT
#pragma once
#include <thrust/execution_policy.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>

#include <ashlar/backend/thrust/kernel_values.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

#if ASHLAR_CUDA
/// A unit to a thread: what Thrust is given on a GPU.
template <class Functor>
struct unit_of_one {
  Functor unit;

  __device__ void operator()(std::int64_t u) const { unit(team_of_one{}, u); }
};
/// The threads of a block.
struct block_team {
  int rank = static_cast<int>(threadIdx.x);
  static constexpr int size = block_threads;

  template <class T, class Combine>
  __device__ T reduce(T value, Combine combine) const {
    __shared__ typename block_reduction<T>::TempStorage storage;
    __shared__ T result;
    T const all = block_reduction<T>(storage).Reduce(value, combine);
    if (rank == 0) result = all;
    __syncthreads();
    T const shared = result;
    __syncthreads();  // nobody writes the next result before everybody has read this one
    return shared;
  }
};
template <class Functor>
__global__ void __launch_bounds__(block_threads) team_kernel(Functor unit, std::int64_t units) {
  block_team const team;
  for (std::int64_t u = blockIdx.x; u < units; u += gridDim.x) unit(team, u);
}

/// Units of at least so many packets have a block of threads each, if they can share them.
inline constexpr std::int64_t packets_for_a_block = 32;

/// Runs all units of a kernel, each of so many packets.
template <class Functor>
void run_units(Functor const& unit, std::int64_t units, std::int64_t packets, gpu_stream stream) {
  if (units == 0) return;
  if constexpr (Functor::cooperates) {
    if (packets >= packets_for_a_block) {
      constexpr std::int64_t most_blocks = (std::int64_t{1} << 31) - 1;
      unsigned const blocks = static_cast<unsigned>(units < most_blocks ? units : most_blocks);
      team_kernel<<<blocks, block_threads, 0, stream>>>(unit, units);
      return;
    }
  }
  thrust::for_each_n(thrust::cuda::par_nosync.on(stream), thrust::counting_iterator<std::int64_t>(0), units,
                     unit_of_one<Functor>{unit});
}
#else
/// Packets in a tile: so much work that compilers vectorise inside it and threads are worth waking for several of it.
inline constexpr std::int64_t packets_in_a_tile = 64;

/// Some units of a kernel, one after the other: what Thrust is given on a CPU.
template <class Functor>
struct tile_of_units {
  Functor unit;
  std::int64_t units, size;

  void operator()(std::int64_t tile) const {
    std::int64_t const begin = tile * size, end = begin + size < units ? begin + size : units;
    for (std::int64_t u = begin; u < end; ++u) unit(team_of_one{}, u);
  }
};

/// Runs all units of a kernel, each of so many packets.
template <class Functor>
void run_units(Functor const& unit, std::int64_t units, std::int64_t packets, device_stream) {
  std::int64_t const size = packets < packets_in_a_tile ? packets_in_a_tile / packets : 1;
  tile_of_units<Functor> const tile{unit, units, size};
  thrust::counting_iterator<std::int64_t> const first(0);
  std::int64_t const tiles = parts_of_size(units, size);
  if (tiles * size * packets < 4 * packets_in_a_tile)
    thrust::for_each_n(thrust::seq, first, tiles, tile);
  else
    thrust::for_each_n(thrust::device, first, tiles, tile);
}
#endif

/// Launches a kernel.
template <class Functor>
void launch(launch_arguments const& args) {
  run_units(Functor{args.template values<Functor::operands>()}, Functor::units(args.numbers),
            Functor::packets(args.numbers), args.stream);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
