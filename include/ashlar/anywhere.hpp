// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// The policy that the compiler builds for: so far the CPU's everywhere.
inline constexpr cpu_policy<> anywhere;

}  // namespace ashlar::inline ASHLAR_ABI
