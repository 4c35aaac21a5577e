// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/instruction_set.hpp>

namespace proof {

/// The least instruction set that this unit has kernels for: those of lesser ones would be its kernels once more.
inline constexpr int least_set = [] {
  using ashlar::detail::instruction_set;
  return static_cast<int>(ASHLAR_BY_SET(instruction_set::baseline, instruction_set::baseline, instruction_set::avx2,
                                        instruction_set::avx512));
}();

}  // namespace proof
