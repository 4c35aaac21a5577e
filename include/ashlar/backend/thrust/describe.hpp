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

/// How much memory is free where the device's programs run, behind how much is needed; nothing where no GPU is.
inline std::string free_memory_in_words() {
#if ASHLAR_GPU
  gpu_properties const gpu = current_gpu();
  if (gpu.total == 0) return "";
  std::int64_t const free = gpu.free;
#else
  std::int64_t const free = static_cast<std::int64_t>(sysconf(_SC_AVPHYS_PAGES)) * sysconf(_SC_PAGESIZE);
#endif
  return " of " + in_mebibytes(free) + " free";
}

/// Which Thrust this is, where it is Thrust that runs, how the system is called, and on what it runs, or why nothing
/// does.
inline std::string system_in_words() {
#if ASHLAR_GPU
  gpu_properties const gpu = current_gpu();
  std::string words = thrust_in_words() + " on " + gpu_system();
  if (gpu.total)
    words += ", " + gpu.name + ", compute capability " + std::to_string(gpu.major) + "." + std::to_string(gpu.minor) +
             ", " + in_mebibytes(gpu.free) + " of " + in_mebibytes(gpu.total) + " free";
  if (!gpu.trouble.empty()) words += ", runs nothing: " + gpu.trouble;
  return words + "; " + libraries_in_words();
#else
  return host_system_in_words();
#endif
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
