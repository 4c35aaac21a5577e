// SPDX-License-Identifier: MIT
#pragma once
#if (defined(__CUDACC__) || defined(__HIPCC__) || defined(ASHLAR_GPU_RUNTIME)) && !defined(ASHLAR_HAS_GPU)
#define ASHLAR_HAS_GPU  // as in device.hpp, which comes behind ashlar.hpp here
#endif
#include <ashlar/ashlar.hpp>

#if defined(THRUST_DEVICE_SYSTEM) || defined(ASHLAR_HAS_GPU)
#include <ashlar/device.hpp>

namespace ashlar::inline ASHLAR_ABI::inline ASHLAR_DEVICE_ABI {

/// The policy that the compiler builds for: the device's.
inline constexpr device_policy<> anywhere;

}  // namespace ashlar::inline ASHLAR_ABI::inline ASHLAR_DEVICE_ABI
#else
namespace ashlar::inline ASHLAR_ABI {

/// The policy that the compiler builds for: the CPU's.
inline constexpr cpu_policy<> anywhere;

}  // namespace ashlar::inline ASHLAR_ABI
#endif
