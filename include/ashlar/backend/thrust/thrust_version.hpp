// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/backend/thrust/system.hpp>
#if defined(THRUST_DEVICE_SYSTEM)
#include <thrust/version.h>
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

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
