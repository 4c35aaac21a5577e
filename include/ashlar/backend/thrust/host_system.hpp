// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/thrust_version.hpp>
#if defined(ASHLAR_HOST_SYSTEM)
#include ASHLAR_HOST_SYSTEM
#else
#include <thrust/execution_policy.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>

#include <cstdint>
#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
#include <omp.h>
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
#include <tbb/task_arena.h>
#endif

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Does one of the parts of a work.
using part_function = void (*)(void const* work, std::int64_t part);

/// A work as Thrust calls it.
struct part_of_work {
  part_function function;
  void const* work;

  void operator()(std::int64_t part) const { function(work, part); }
};

/// Does all parts of a work, side by side on the threads of Thrust's system or one after the other. The kernels of all
/// programs come this way: Thrust's templates are compiled once.
inline void do_parts(part_function function, void const* work, std::int64_t parts, bool side_by_side) {
  thrust::counting_iterator<std::int64_t> const first(0);
  part_of_work const part{function, work};
  if (side_by_side)
    thrust::for_each_n(thrust::device, first, parts, part);
  else
    thrust::for_each_n(thrust::seq, first, parts, part);
}

/// Which Thrust this is, how its system is called, and on what it runs.
inline std::string host_system_in_words() {
#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
  std::string const name = "OpenMP";
  int const threads = omp_get_max_threads();
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
  std::string const name = "TBB";
  int const threads = tbb::this_task_arena::max_concurrency();
#else
  std::string const name = "C++";
  int const threads = 1;
#endif
  return thrust_in_words() + " on " + name + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
#endif
