// SPDX-License-Identifier: MIT
// expect: cpu.with refers to its thread_pool: give the pool a name
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
thread_pool pool(threads{4});
auto policy = cpu.with(pool);
#else
auto policy = cpu.with(thread_pool(threads{4}));
#endif
