// SPDX-License-Identifier: MIT
#pragma once
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>

#include "numbers.hpp"

/// Programs for bench/run. They say a line about themselves, then obey lines on their standard input and answer each
/// with a line of numbers. `losses N`: what is compared between sides. `time SECONDS`: microseconds, sample after
/// sample.
namespace bench {

/// Whose seconds count: the processor's where one thread works, so that neighbours do not matter; else the clock's.
inline clockid_t clock_of_samples = CLOCK_MONOTONIC;

inline double now() {
  timespec t;
  clock_gettime(clock_of_samples, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// The number of threads, and the clock that goes with it.
inline int threads_of(int argc, char** argv) {
  int const threads = argc > 1 ? std::atoi(argv[1]) : 1;
  if (threads == 1) clock_of_samples = CLOCK_PROCESS_CPUTIME_ID;
  return threads;
}

/// Seconds that work takes so many times.
template <class Work>
double seconds_of(int times, Work const& work) {
  double const start = now();
  for (int i = 0; i < times; ++i) work();
  return now() - start;
}

/// `losses()` is one number; `run(n)` does the work n times and returns its seconds; a sample takes about `together`.
template <class Losses, class Run>
void obey(Losses const& losses, Run const& run, double together = 0.01) {
  char word[16];
  for (double number; std::scanf("%15s %lf", word, &number) == 2; std::fflush(stdout)) {
    if (std::strcmp(word, "losses") == 0) {
      for (int i = 0; i < static_cast<int>(number); ++i) std::printf("%.9g ", static_cast<double>(losses()));
    } else {
      double const end = now() + number;
      for (int times = 1; now() < end;) {
        double const seconds = run(times) / times;
        std::printf("%.4f ", seconds * 1e6);
        times = seconds * 1e9 < together * 1e9 ? static_cast<int>(together / (seconds + 1e-9)) + 1 : 1;
      }
    }
    std::puts("");
  }
}

inline void say(char const* first_line) {
  std::puts(first_line);
  std::fflush(stdout);
}

/// Runs a program; what stops it is its first line instead.
template <class Program>
int main_of(Program const& program) try {
  program();
  return 0;
} catch (std::exception const& problem) {
  std::printf("failed: %s\n", problem.what());
  return 1;
}

}  // namespace bench
