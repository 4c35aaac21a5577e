// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/device.hpp>

#if !ASHLAR_GPU && THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
#include <omp.h>
#elif !ASHLAR_GPU && THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
#include <tbb/task_arena.h>
#endif

namespace proof {

/// f() while Thrust's system has so many threads, where their number is its own.
template <class F>
void with_threads([[maybe_unused]] int count, F f) {
#if !ASHLAR_GPU && THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
  int const before = omp_get_max_threads();
  omp_set_num_threads(count);
  f();
  omp_set_num_threads(before);
#elif !ASHLAR_GPU && THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
  tbb::task_arena arena(count);
  arena.execute(f);
#else
  f();
#endif
}

}  // namespace proof
