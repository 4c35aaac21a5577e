// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <limits>

#include <ashlar/backend/cpu/simd/simd.hpp>

/// How far functions of float vectors are from exact ones.
namespace proof {

using float_lanes = ashlar::detail::simd<float, ashlar::detail::instruction_set::baseline>;
using lane_function = void (*)(float_lanes::vector&, float_lanes::vector const&);

inline float one(lane_function f, float x) {
  float_lanes::vector v, r;
  float_lanes::splat(v, x);
  f(r, v);
  return r[float_lanes::width - 1];
}
/// Distance in units of the last place of the exact result rounded to float.
inline double ulps(float got, double exact) {
  float const rounded = static_cast<float>(exact);
  if (got == rounded || (got != got && rounded != rounded)) return 0;
  float const size = std::fabs(rounded);
  double const unit =
      static_cast<double>(std::nextafter(size, std::numeric_limits<float>::infinity())) - static_cast<double>(size);
  return std::fabs(static_cast<double>(got) - exact) / unit;
}
/// The largest error over numbers from low to high in equal steps.
inline double worst(lane_function f, double (*exact)(double), float low, float high, int steps) {
  double most = 0;
  for (int i = 0; i <= steps; ++i) {
    float const x = low + (high - low) * static_cast<float>(i) / static_cast<float>(steps);
    double const e = ulps(one(f, x), exact(static_cast<double>(x)));
    most = e > most ? e : most;
  }
  return most;
}

}  // namespace proof
