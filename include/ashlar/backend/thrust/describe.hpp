// SPDX-License-Identifier: MIT
#pragma once
#include <unistd.h>

#include <string>

#include <thrust/version.h>

#include <ashlar/backend/thrust/in_mebibytes.hpp>
#include <ashlar/backend/thrust/system.hpp>
#if ASHLAR_CUDA
#include <ashlar/backend/thrust/cuda/runtime.hpp>
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
#include <omp.h>
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
#include <tbb/task_arena.h>
#endif

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Bytes of memory that are free where the device's programs run.
inline std::int64_t free_device_memory() {
#if ASHLAR_CUDA
  return current_gpu().free;
#else
  return static_cast<std::int64_t>(sysconf(_SC_AVPHYS_PAGES)) * sysconf(_SC_PAGESIZE);
#endif
}

/// How Thrust's system is called, and on what it runs.
inline std::string system_in_words() {
#if ASHLAR_CUDA
  std::string const version = std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10);
  gpu_properties const gpu = current_gpu();
  return " on CUDA " + version + ", " + gpu.name + ", compute capability " + std::to_string(gpu.major) + "." +
         std::to_string(gpu.minor) + ", " + in_mebibytes(gpu.free) + " of " + in_mebibytes(gpu.total) +
         " free; products and convolutions by Ashlar's own kernels";
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
  int const threads = omp_get_max_threads();
  return " on OpenMP, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
  int const threads = tbb::this_task_arena::max_concurrency();
  return " on TBB, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
#else
  return " on C++, 1 thread";
#endif
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
