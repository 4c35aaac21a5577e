// SPDX-License-Identifier: MIT
// expect: cpu.with takes threads\{N\}, a thread_pool, debug, no_fusion, no_reuse and no_winograd
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto policy = cpu.with(threads{4});
#else
auto policy = cpu.with(4);
#endif
