// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The square root of a number that is not negative, by Newton's method: <cmath>'s is not constexpr.
constexpr double square_root(double x) {
  if (x == 0) return 0;
  double from = x > 1 ? x : 1;  // above the root: every step goes down until it is reached
  for (;;) {
    double const next = (from + x / from) / 2;
    if (next >= from) return from;
    from = next;
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
