// SPDX-License-Identifier: MIT
#pragma once
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#if defined(BENCH_CPU)
#include <ashlar/ashlar.hpp>
#else
#include <ashlar/device.hpp>
#endif

#include "../numbers.hpp"

/// Programs for bench/run gpu. They say where they run, then obey lines on their standard input and answer each with a
/// line of numbers. `losses N`: what is compared with the peers. `time SECONDS`: microseconds, sample after sample.
namespace bench {

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

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// `losses()` prints one number; `run(n)` does the work n times and waits once, at its end.
template <class Losses, class Run>
void obey(Losses const& losses, Run const& run) {
  char word[16];
  for (double number; std::scanf("%15s %lf", word, &number) == 2; std::fflush(stdout)) {
    if (std::strcmp(word, "losses") == 0) {
      for (int i = 0; i < static_cast<int>(number); ++i) std::printf("%.9g ", static_cast<double>(losses()));
    } else {
      double const end = now() + number;
      for (int times = 1; now() < end;) {
        double const seconds = run(times) / times;
        std::printf("%.3f ", seconds * 1e6);
        times = seconds * 1.0e9 < 0.05e9 ? static_cast<int>(0.05 / seconds) : 1;  // 50 ms between two waits
      }
    }
    std::puts("");
  }
}

/// Runs a program that may say where it runs; what stops it is the first line instead.
template <class Program>
int main_of(Program const& program) try {
  program();
  return 0;
} catch (std::exception const& problem) {
  std::printf("failed: %s\n", problem.what());
  return 1;
}

}  // namespace bench
