// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/simd/math.hpp>

/// More elementary functions on vectors, as in math.hpp: expm1, log1p, erf, sin, cos, floor and pow. Coefficients
/// without another source are Chebyshev interpolations of the function named beside them.
namespace ashlar::inline ASHLAR_ABI::detail {

inline double scalar_expm1(double x) { return std::expm1(x); }
inline double scalar_log1p(double x) { return std::log1p(x); }
inline double scalar_erf(double x) { return std::erf(x); }
inline double scalar_sin(double x) { return std::sin(x); }
inline double scalar_cos(double x) { return std::cos(x); }

/// The largest whole number that is not larger; -0 stays -0.
template <class S>
ASHLAR_INLINE void floor_lanes(typename S::vector& out, typename S::vector const& x) {
  using V = typename S::vector;
  using T = typename S::element;
  V whole, limit, one, size;
  S::splat(limit, static_cast<T>(is_single<S> ? 8388608.0 : 4503599627370496.0));  // from here on all are whole
  S::splat(one, static_cast<T>(1));
  S::magnitude(size, x);
  S::choose(whole, size < limit, x, V{});
  whole = __builtin_convertvector(__builtin_convertvector(whole, typename S::mask), V);
  S::choose(whole, whole > x, whole - one, whole);
  S::magnitude(whole, whole);
  S::with_sign(whole, whole, x);
  S::choose(out, size < limit, whole, x);
}

/// e^x - 1, within 3 ulp in float: 2^n * (e^r - 1) + (2^n - 1).
template <class S>
ASHLAR_INLINE void expm1_lanes(typename S::vector& out, typename S::vector const& in) {
  if constexpr (!is_single<S>) {
    by_lane<scalar_expm1, S>(out, in);
  } else {
    using V = typename S::vector;
    V r, first, second;
    split_exponent<S>(in, -30.0f, 89.0f, r, first, second);
    V p = r * 1.98909911e-4f + 1.39336498e-3f;  // (e^r - 1 - r) / r^2
    p = p * r + 8.33331048e-3f;
    p = p * r + 4.16664667e-2f;
    p = p * r + 1.66666672e-1f;
    p = p * r + 0.5f;
    p = p * (r * r) + r;
    p = (p * first + (first - 1.0f / second)) * second;
    S::choose(out, in == V{}, in, p);
  }
}

/// log(1 + x), within 3 ulp in float: log(u) + (x - (u - 1)) / u for u = 1 + x rounded.
/// source: Higham, "Accuracy and Stability of Numerical Algorithms", 2002, problem 1.5
template <class S>
ASHLAR_INLINE void log1p_lanes(typename S::vector& out, typename S::vector const& x) {
  if constexpr (!is_single<S>) {
    by_lane<scalar_log1p, S>(out, x);
  } else {
    using V = typename S::vector;
    V one, infinity, y;
    S::splat(one, 1.0f);
    S::splat(infinity, __builtin_inff());
    V const u = x + one;
    V lost = (x - (u - one)) / u;
    log_lanes<S>(y, u);
    S::choose(lost, u < infinity, lost, V{});
    S::choose(y, u > V{}, y + lost, y);
    S::choose(out, x == V{}, x, y);
  }
}

/// The error function, within 3 ulp in float: x * p(x^2) near 0, 1 - e^(-t q(t)) for t = |x| elsewhere.
template <class S>
ASHLAR_INLINE void erf_lanes(typename S::vector& out, typename S::vector const& x) {
  if constexpr (!is_single<S>) {
    by_lane<scalar_erf, S>(out, x);
  } else {
    using V = typename S::vector;
    V t, most, border, e;
    S::magnitude(t, x);
    S::splat(most, 4.0f);  // erf rounds to 1 before it
    S::splat(border, 0.9453125f);
    V const s = x * x;
    V p = s * 8.21278081e-5f - 8.10505473e-4f;  // erf(x) / x - 1 in x^2
    p = p * s + 5.19768475e-3f;
    p = p * s - 2.68580429e-2f;
    p = p * s + 1.12836711e-1f;
    p = p * s - 3.76126319e-1f;
    p = p * s + 1.28379166e-1f;
    p = p * x + x;
    V a;
    S::choose(a, t > most, most, t);
    V q = a * -1.07853771e-6f + 3.49821057e-5f;  // -log(1 - erf(t)) / t
    q = q * a - 5.03353833e-4f;
    q = q * a + 4.32243058e-3f;
    q = q * a - 2.5184121e-2f;
    q = q * a + 1.07917354e-1f;
    q = q * a + 6.34102523e-1f;
    q = q * a + 1.12891662f;
    exp_of_moderate<S>(e, -(a * q));  // of at least -17
    V const far = 1.0f - e;
    S::with_sign(q, far, x);
    S::choose(out, t < border, p, q);
  }
}

/// Where a lane's argument is too large for the polynomials, or no number, the C library computes it.
template <double (*F)(double)>
[[gnu::noinline]] void replace_large(float* results, float const* x, int width, float limit) {
  for (int i = 0; i < width; ++i)
    if (!(x[i] <= limit && x[i] >= -limit)) results[i] = static_cast<float>(F(static_cast<double>(x[i])));
}

/// sin (Quarter 0) or cos (Quarter 1), within 2 ulp in float: reduced in double to +-pi/4 and a quadrant.
template <class S, int Quarter>
ASHLAR_INLINE void sine_lanes(typename S::vector& out, typename S::vector const& x) {
  if constexpr (!is_single<S>) {
    by_lane<Quarter ? scalar_cos : scalar_sin, S>(out, x);
  } else {
    using V = typename S::vector;
    using I = typename S::mask;
    constexpr float limit = 1e6f;
    float lanes[S::width], part[S::width];
    std::int32_t turn[S::width];
    S::store(x, lanes);
    bool any_large = false;
    for (int i = 0; i < S::width; ++i) {
      double const wide = static_cast<double>(lanes[i]);
      double const n = (wide * 0.63661977236758134 + 6755399441055744.0) - 6755399441055744.0;  // 1.5 * 2^52
      bool const is_small = lanes[i] <= limit && lanes[i] >= -limit;
      turn[i] = static_cast<std::int32_t>(is_small ? n : 0) + Quarter;
      part[i] =
          static_cast<float>((wide - n * 1.5707963267341256) - n * 6.0771005065061922e-11);  // pi/2: 33 bits, rest
      any_large |= !is_small;
    }
    V r;
    I quadrant;
    S::load(r, part);
    std::memcpy(&quadrant, turn, sizeof quadrant);
    V const s = r * r;
    V sine = s * 2.72498642e-6f - 1.98400856e-4f;  // (sin(r) / r - 1) / r^2 in r^2
    sine = sine * s + 8.33333191e-3f;
    sine = sine * s - 1.66666672e-1f;
    sine = sine * s * r + r;
    V cosine = s * -2.73009078e-7f + 2.48005999e-5f;  // (cos(r) - 1 + r^2 / 2) / r^4 in r^2
    cosine = cosine * s - 1.38888881e-3f;
    cosine = cosine * s + 4.16666679e-2f;
    cosine = cosine * (s * s) - 0.5f * s + 1.0f;
    V y;
    S::choose(y, (quadrant & 1) == 0, sine, cosine);
    y = reinterpret_cast<V>(reinterpret_cast<I>(y) ^ ((quadrant & 2) << 30));
    if (any_large) {
      float results[S::width];
      S::store(y, results);
      replace_large<Quarter ? scalar_cos : scalar_sin>(results, lanes, S::width, limit);
      S::load(y, results);
    }
    if constexpr (Quarter == 0)
      S::choose(out, x == V{}, x, y);  // keeps the sign of 0
    else
      out = y;
  }
}

template <class T>
[[gnu::noinline]] void each_power(T* x, T const* y, int width) {
  for (int i = 0; i < width; ++i) x[i] = static_cast<T>(std::pow(static_cast<double>(x[i]), static_cast<double>(y[i])));
}
/// x^y, by the C library lane by lane.
template <class S>
ASHLAR_INLINE void power_lanes(typename S::vector& out, typename S::vector const& x, typename S::vector const& y) {
  typename S::element lanes[S::width], exponents[S::width];
  S::store(x, lanes);
  S::store(y, exponents);
  each_power(lanes, exponents, S::width);
  S::load(out, lanes);
}

/// The elementary function of an operation.
template <op Code, class S>
ASHLAR_INLINE void elementary(typename S::vector& r, typename S::vector const& x) {
  if constexpr (Code == op::exp)
    exp_lanes<S>(r, x);
  else if constexpr (Code == op::expm1)
    expm1_lanes<S>(r, x);
  else if constexpr (Code == op::log)
    log_lanes<S>(r, x);
  else if constexpr (Code == op::log1p)
    log1p_lanes<S>(r, x);
  else if constexpr (Code == op::tanh)
    tanh_lanes<S>(r, x);
  else if constexpr (Code == op::sigmoid)
    sigmoid_lanes<S>(r, x);
  else if constexpr (Code == op::sqrt)
    sqrt_lanes<S>(r, x);
  else if constexpr (Code == op::sin)
    sine_lanes<S, 0>(r, x);
  else if constexpr (Code == op::cos)
    sine_lanes<S, 1>(r, x);
  else if constexpr (Code == op::erf)
    erf_lanes<S>(r, x);
  else if constexpr (Code == op::floor)
    floor_lanes<S>(r, x);
  else {
    static_assert(Code == op::rsqrt, "ashlar: the cpu policy has no kernel for this primitive");
    sqrt_lanes<S>(r, x);
    r = static_cast<typename S::element>(1) / r;
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
