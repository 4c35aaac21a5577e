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

}  // namespace proof
