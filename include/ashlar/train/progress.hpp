// SPDX-License-Identifier: MIT
#pragma once
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Seconds since some moment, by a clock that nobody sets. <chrono> would take longer to compile than fit.
inline double clock_seconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The line that fit prints: rewritten in place on a terminal, one for each epoch elsewhere.
class progress_line {
 public:
  progress_line(bool wanted, int epochs, std::int64_t samples, std::int64_t first)
      : wanted_(wanted),
        live_(wanted && isatty(STDOUT_FILENO)),
        epochs_(epochs),
        samples_(samples),
        first_(static_cast<double>(first)) {}

  /// In the middle of an epoch, at most ten times a second.
  ASHLAR_COLD void during(int epoch, double loss, std::int64_t seen, double seconds) {
    if (!live_) return;
    double const now = clock_seconds();
    if (now - last_ < 0.1) return;
    last_ = now;
    double const speed = seconds > 0 ? static_cast<double>(seen) / seconds : 0;
    std::printf("\repoch %d/%d  %3d %%  loss %.4f  %s%.0f images/s  %.0f s left\033[K", epoch + 1, epochs_,
                static_cast<int>(100 * seen / samples_), loss, measured_, speed, left(epoch, seen));
    std::fflush(stdout);
  }
  /// Forgets what the held-out samples said.
  void measure_again() { measured_[0] = 0; }
  /// What the held-out samples say of an output, behind what they say of others: `words` hold one place for a double.
  ASHLAR_COLD void measured(char const* name, char const* words, double number) {
    std::size_t const used = std::strlen(measured_), left = sizeof measured_ - used;
    int const more = std::snprintf(measured_ + used, left, "%s%s", name, name[0] ? " " : "");
    if (more < 0 || static_cast<std::size_t>(more) >= left) return;
    std::snprintf(measured_ + used + more, left - static_cast<std::size_t>(more), words, number);
  }
  ASHLAR_COLD void after(int epoch, double loss, double speed) {
    if (!wanted_) return;
    std::printf("%sepoch %d/%d  loss %.4f  %s%.0f images/s  %.0f s left%s\n", live_ ? "\r" : "", epoch + 1, epochs_,
                loss, measured_, speed, left(epoch + 1, 0), live_ ? "\033[K" : "");
    std::fflush(stdout);
  }

 private:
  double left(int epoch, std::int64_t seen) const {
    double const spent = clock_seconds() - start_;
    double const done = epoch + static_cast<double>(seen) / static_cast<double>(samples_ ? samples_ : 1);
    return done > first_ ? spent * (epochs_ - done) / (done - first_) : 0;
  }

  bool wanted_, live_;
  int epochs_;
  std::int64_t samples_;
  double first_;  // epoch of this call
  char measured_[240] = "";
  double start_ = clock_seconds(), last_ = start_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
