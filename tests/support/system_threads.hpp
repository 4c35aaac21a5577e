// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/device.hpp>

#if defined(ASHLAR_HOST_SYSTEM)
#include "support/linked_system.hpp"
#endif

namespace proof {

/// f() while Thrust's system has so many threads, where tests are compiled for all systems and their number is its own.
template <class F>
void with_threads([[maybe_unused]] int count, F f) {
#if defined(ASHLAR_HOST_SYSTEM)
  with_threads_of_system(
      count, [](void* context) { (*static_cast<F*>(context))(); }, &f);
#else
  f();
#endif
}

}  // namespace proof
