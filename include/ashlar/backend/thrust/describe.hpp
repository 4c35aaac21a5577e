// SPDX-License-Identifier: MIT
#pragma once
#include <unistd.h>

#include <string>

#include <ashlar/backend/thrust/in_mebibytes.hpp>
#include <ashlar/backend/thrust/system.hpp>
#if ASHLAR_GPU
#include <ashlar/backend/thrust/gpu/libraries/calls.hpp>
#include <ashlar/backend/thrust/thrust_version.hpp>
#else
#include <ashlar/backend/thrust/host_system.hpp>
#endif

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Bytes of memory that are free where the device's programs run.
inline std::int64_t free_device_memory() {
#if ASHLAR_GPU
  return current_gpu().free;
#else
  return static_cast<std::int64_t>(sysconf(_SC_AVPHYS_PAGES)) * sysconf(_SC_PAGESIZE);
#endif
}

/// Which Thrust this is, where it is Thrust that runs, how the system is called, and on what it runs.
inline std::string system_in_words() {
#if ASHLAR_GPU
  gpu_properties const gpu = current_gpu();
  return thrust_in_words() + " on " + gpu_system() + ", " + gpu.name + ", compute capability " +
         std::to_string(gpu.major) + "." + std::to_string(gpu.minor) + ", " + in_mebibytes(gpu.free) + " of " +
         in_mebibytes(gpu.total) + " free; " + libraries_in_words();
#else
  return host_system_in_words();
#endif
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
