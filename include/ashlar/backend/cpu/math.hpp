// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/simd.hpp>

/// Elementary functions on sixteen lanes: branch-free polynomials in float (their error bounds are tested), the C
/// library lane by lane in double.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class F>
ASHLAR_INLINE void each_lane(double_lanes& r, double_lanes const& x, F f) {
  double p[lane_count];
  std::memcpy(p, &x, sizeof x);
  for (double& v : p) v = f(v);
  std::memcpy(&r, p, sizeof r);
}

ASHLAR_INLINE void to_int(int_lanes& r, float_lanes const& x) { r = __builtin_convertvector(x, int_lanes); }
ASHLAR_INLINE void to_float(float_lanes& r, int_lanes const& x) { r = __builtin_convertvector(x, float_lanes); }

/// e^x, within 2 ulp: 2^n * e^r with |r| <= ln(2) / 2. The coefficients are Cephes' expf.
ASHLAR_INLINE void exp_lanes(float_lanes& out, float_lanes const& in) {
  float_lanes low, high, x = in;
  splat(low, -104.0f);
  splat(high, 89.0f);
  choose<float>(x, x > high, high, x);
  choose<float>(x, x < low, low, x);
  float_lanes shifter;
  splat(shifter, 12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  float_lanes n = x * 1.44269504088896341f + shifter - shifter;
  float_lanes r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float_lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  int_lanes k;
  to_int(k, n);
  int_lanes half = k >> 1;  // 2^n in two factors, so that subnormal results and infinity come out right
  p = p * reinterpret_cast<float_lanes>((half + 127) << 23);
  p = p * reinterpret_cast<float_lanes>((k - half + 127) << 23);
  choose<float>(out, in == in, p, in);
}
ASHLAR_INLINE void exp_lanes(double_lanes& r, double_lanes const& x) {
  each_lane(r, x, [](double v) { return std::exp(v); });
}

/// Natural logarithm, within 2 ulp (Cephes' logf); -inf at 0, NaN below.
ASHLAR_INLINE void log_lanes(float_lanes& out, float_lanes const& in) {
  float_lanes x = in, tiny;
  splat(tiny, 1.17549435e-38f);
  int_lanes subnormal = x < tiny;
  choose<float>(x, subnormal, x * 8388608.0f, x);
  int_lanes bits = reinterpret_cast<int_lanes>(x);
  int_lanes e = ((bits >> 23) & 255) - 126;
  e = e - (subnormal & 23);
  float_lanes m = reinterpret_cast<float_lanes>((bits & 0x007fffff) | 0x3f000000);  // in [1/2, 1)
  float_lanes root;
  splat(root, 0.707106781186547524f);
  int_lanes below = m < root;
  e = e + below;
  choose<float>(m, below, m + m - 1.0f, m - 1.0f);
  float_lanes z = m * m;
  float_lanes p = m * 7.0376836292e-2f + -1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m + -1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m + -1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m + -2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  float_lanes n;
  to_float(n, e);
  float_lanes y = m * z * p + n * -2.12194440e-4f - 0.5f * z;
  y = m + y + n * 0.693359375f;
  float_lanes infinity, zero{}, nan;
  splat(infinity, __builtin_inff());
  splat(nan, __builtin_nanf(""));
  choose<float>(y, in == zero, -infinity, y);
  choose<float>(y, in < zero, nan, y);
  choose<float>(y, (in == infinity) | (in != in), in, y);
  out = y;
}
ASHLAR_INLINE void log_lanes(double_lanes& r, double_lanes const& x) {
  each_lane(r, x, [](double v) { return std::log(v); });
}

ASHLAR_INLINE void magnitude(float_lanes& r, float_lanes const& x) {
  r = reinterpret_cast<float_lanes>(reinterpret_cast<int_lanes>(x) & 0x7fffffff);
}
ASHLAR_INLINE void magnitude(double_lanes& r, double_lanes const& x) {
  r = reinterpret_cast<double_lanes>(reinterpret_cast<long_lanes>(x) & 0x7fffffffffffffff);
}

/// Hyperbolic tangent, within 3 ulp: a polynomial near 0 (Cephes' tanhf), 1 - 2 / (e^2|x| + 1) elsewhere.
ASHLAR_INLINE void tanh_lanes(float_lanes& out, float_lanes const& x) {
  float_lanes a, limit;
  magnitude(a, x);
  splat(limit, 0.625f);
  float_lanes z = x * x;
  float_lanes p = z * -5.70498872745e-3f + 2.06390887954e-2f;
  p = p * z + -5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z + -3.33332819422e-1f;
  p = p * z * x + x;
  float_lanes e;
  exp_lanes(e, a + a);
  float_lanes q = 1.0f - 2.0f / (e + 1.0f);
  q = reinterpret_cast<float_lanes>(reinterpret_cast<int_lanes>(q) |
                                    (reinterpret_cast<int_lanes>(x) & static_cast<std::int32_t>(0x80000000u)));
  choose<float>(q, a < limit, p, q);
  choose<float>(out, x == x, q, x);
}
ASHLAR_INLINE void tanh_lanes(double_lanes& r, double_lanes const& x) {
  each_lane(r, x, [](double v) { return std::tanh(v); });
}

ASHLAR_INLINE void sigmoid_lanes(float_lanes& out, float_lanes const& x) {
  float_lanes e;
  exp_lanes(e, -x);
  out = 1.0f / (1.0f + e);
}
ASHLAR_INLINE void sigmoid_lanes(double_lanes& r, double_lanes const& x) {
  each_lane(r, x, [](double v) { return v >= 0 ? 1 / (1 + std::exp(-v)) : std::exp(v) / (1 + std::exp(v)); });
}

ASHLAR_INLINE void sqrt_lanes(float_lanes& r, float_lanes const& x) {
  float p[lane_count];
  std::memcpy(p, &x, sizeof x);
  for (float& v : p) v = __builtin_sqrtf(v);
  std::memcpy(&r, p, sizeof r);
}
ASHLAR_INLINE void sqrt_lanes(double_lanes& r, double_lanes const& x) {
  each_lane(r, x, [](double v) { return std::sqrt(v); });
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
