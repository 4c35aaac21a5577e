// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/lowered.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// An integer pack as an array.
template <int... Code>
struct kernel_code {
  static constexpr int size = sizeof...(Code);
  static constexpr int at[sizeof...(Code)] = {Code...};
  /// The same for functions that nvcc compiles for a device, which has no such array.
  ASHLAR_HD static constexpr int value(int i) {
#if defined(__CUDACC__)
    int const codes[] = {Code...};
    return codes[i];
#else
    return at[i];
#endif
  }
  static constexpr kernel_kind kind = static_cast<kernel_kind>(at[0]);
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
