// SPDX-License-Identifier: MIT
#pragma once

namespace proof {

/// Whether tests also try the combinations of types, shapes and plans of which each part is tried by another one: they
/// take as long to compile and find little more (.ci/run --full, cmake's ASHLAR_EVERY_COMBINATION).
#if defined(ASHLAR_EVERY_COMBINATION)
inline constexpr bool every_combination = true;
#else
inline constexpr bool every_combination = false;
#endif

/// Whether tests also try what compiles for long and is the same question to every compiler and with AddressSanitizer:
/// one build asks it, g++'s without that (with ASHLAR_EVERY_COMBINATION all do).
#if defined(__clang__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool most_combinations = every_combination;
#else
inline constexpr bool most_combinations = true;
#endif

}  // namespace proof
