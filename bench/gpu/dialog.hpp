// SPDX-License-Identifier: MIT
#pragma once
#include <cstdlib>

#if defined(BENCH_CPU)
#include <ashlar/ashlar.hpp>
#else
#include <ashlar/device.hpp>
#endif

#include "../dialog.hpp"

namespace bench {

inline constexpr double between_waits = 0.05;  // seconds

/// The policy that a program is built for: BENCH_CPU is the cpu's, on argv[1] threads; BENCH_POLICY is an option of the
/// device's.
inline auto policy([[maybe_unused]] int argc, [[maybe_unused]] char** argv) {
#if defined(BENCH_CPU)
  return ashlar::cpu.with(ashlar::threads{argc > 1 ? std::atoi(argv[1]) : 1});
#elif defined(BENCH_POLICY)
  return ashlar::device.with(ashlar::BENCH_POLICY);
#else
  return ashlar::device;
#endif
}

}  // namespace bench
