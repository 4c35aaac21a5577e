// SPDX-License-Identifier: MIT
#pragma once
#if defined(THRUST_DEVICE_SYSTEM) || defined(__CUDACC__) || defined(__HIPCC__) || defined(ASHLAR_GPU_RUNTIME)
#include <ashlar/device.hpp>

namespace ashlar::inline ASHLAR_ABI::inline ASHLAR_DEVICE_ABI {

/// The policy that the compiler builds for: the device's.
inline constexpr device_policy<> anywhere;

}  // namespace ashlar::inline ASHLAR_ABI::inline ASHLAR_DEVICE_ABI
#else
#include <ashlar/ashlar.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// The policy that the compiler builds for: the CPU's.
inline constexpr cpu_policy<> anywhere;

}  // namespace ashlar::inline ASHLAR_ABI
#endif
