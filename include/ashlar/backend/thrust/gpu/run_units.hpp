// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/runtime.hpp>
#include <ashlar/backend/thrust/team.hpp>
#if !defined(ASHLAR_GPU_RUNTIME)
#if defined(__HIPCC__)
#include <ashlar/backend/thrust/gpu/block_reduction.hpp>
#else
#include <thrust/execution_policy.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system_error.h>
#include <cub/block/block_reduce.cuh>
#endif

/// How units of work are launched on a GPU: each by a thread, or each by the threads of a block.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// The threads of a block that share a unit of work.
inline constexpr int block_threads = 256;
#if defined(__HIPCC__)
template <class T>
using block_reduction = tree_reduction<T, block_threads>;
#else
template <class T>
using block_reduction = cub::BlockReduce<T, block_threads>;
#endif

/// The threads of a block.
struct block_team {
  int rank = static_cast<int>(threadIdx.x);
  static constexpr int size = block_threads, least_size = block_threads;

  template <class T, int Count>
  __device__ T* shared_memory() const {
    __shared__ T memory[Count];
    return memory;
  }
  __device__ void meet() const { __syncthreads(); }
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
template <class Unit>
__global__ void __launch_bounds__(block_threads) team_kernel(Unit unit, std::int64_t units) {
  block_team const team;
  for (std::int64_t u = blockIdx.x; u < units; u += gridDim.x) unit(team, u);
}
template <class Unit>
gpu_status run_by_blocks(Unit const& unit, std::int64_t units, gpu_stream stream) {
  constexpr std::int64_t most_blocks = (std::int64_t{1} << 31) - 1;
  unsigned const blocks = static_cast<unsigned>(units < most_blocks ? units : most_blocks);
  team_kernel<<<blocks, block_threads, 0, stream>>>(unit, units);
  return gpu_launch_status();
}

#if defined(__HIPCC__)
template <class Unit>
__global__ void __launch_bounds__(block_threads) thread_kernel(Unit unit, std::int64_t units) {
  std::int64_t const u = std::int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (u < units) unit(team_of_one{}, u);
}
template <class Unit>
gpu_status run_by_threads(Unit const& unit, std::int64_t units, gpu_stream stream) {
  unsigned const blocks = static_cast<unsigned>((units + block_threads - 1) / block_threads);
  thread_kernel<<<blocks, block_threads, 0, stream>>>(unit, units);
  return gpu_launch_status();
}
#else
/// A unit to a thread: what Thrust is given.
template <class Unit>
struct unit_of_one {
  Unit unit;

  __device__ void operator()(std::int64_t u) const { unit(team_of_one{}, u); }
};
template <class Unit>
void for_each_unit(Unit const& unit, std::int64_t units, gpu_stream stream) {
  thrust::for_each_n(thrust::cuda::par_nosync.on(stream), thrust::counting_iterator<std::int64_t>(0), units,
                     unit_of_one<Unit>{unit});
}
template <class Unit>
gpu_status run_by_threads(Unit const& unit, std::int64_t units, gpu_stream stream) {
#if defined(__cpp_exceptions)
  try {
    for_each_unit(unit, units, stream);
  } catch (thrust::system_error const& e) {
    static_cast<void>(gpu_launch_status());
    return static_cast<gpu_status>(e.code().value());
  }
#else
  for_each_unit(unit, units, stream);
#endif
  return gpu_launch_status();
}
#endif

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
#endif
