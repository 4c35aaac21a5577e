// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/backend/thrust/system.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// What computes a unit of a kernel's work: the threads of a block, which share the unit's elements, or one thread.
/// Reductions over the team give every member the same bits, the same in every run.
struct team_of_one {
  static constexpr int rank = 0, size = 1, least_size = 1;

  /// combine(...) of the value of every member.
  template <class T, class Combine>
  ASHLAR_INLINE ASHLAR_HD T reduce(T value, Combine) const {
    return value;
  }
  /// Memory that the members share.
  template <class T, int Count>
  ASHLAR_HD T* shared_memory() const {
#if ASHLAR_DEVICE_CODE
    return nullptr;  // never called: kernels that share memory have blocks of threads
#else
    static thread_local T memory[Count];
    return memory;
#endif
  }
  /// What the others wrote there is there.
  ASHLAR_INLINE ASHLAR_HD void meet() const {}
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
