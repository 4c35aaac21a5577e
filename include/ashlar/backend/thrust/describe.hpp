// SPDX-License-Identifier: MIT
#pragma once
#include <unistd.h>

#include <string>

#include <ashlar/backend/thrust/in_mebibytes.hpp>
#include <ashlar/backend/thrust/system.hpp>
#if defined(THRUST_DEVICE_SYSTEM)
#include <thrust/version.h>
#endif
#if ASHLAR_GPU
#include <ashlar/backend/thrust/gpu/libraries/calls.hpp>
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
#include <omp.h>
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
#include <tbb/task_arena.h>
#endif

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Which Thrust this is, where it is Thrust that runs.
inline std::string thrust_in_words() {
#if defined(THRUST_MAJOR_VERSION)
  return ", Thrust " + std::to_string(THRUST_MAJOR_VERSION) + "." + std::to_string(THRUST_MINOR_VERSION) + "." +
         std::to_string(THRUST_SUBMINOR_VERSION);
#else
  return "";
#endif
}

/// Bytes of memory that are free where the device's programs run.
inline std::int64_t free_device_memory() {
#if ASHLAR_GPU
  return current_gpu().free;
#else
  return static_cast<std::int64_t>(sysconf(_SC_AVPHYS_PAGES)) * sysconf(_SC_PAGESIZE);
#endif
}

/// How the system is called, and on what it runs.
inline std::string system_in_words() {
#if ASHLAR_GPU
  gpu_properties const gpu = current_gpu();
  return " on " + gpu_system() + ", " + gpu.name + ", compute capability " + std::to_string(gpu.major) + "." +
         std::to_string(gpu.minor) + ", " + in_mebibytes(gpu.free) + " of " + in_mebibytes(gpu.total) + " free; " +
         libraries_in_words();
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
