// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>

#include <ashlar/backend/cpu/simd/simd.hpp>
#include <ashlar/graph/op.hpp>

/// Elementary functions on vectors: branch-free polynomials in float (their error bounds are tested), the C library
/// lane by lane in double. S is a simd type; results and operands go by reference.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class S>
inline constexpr bool is_single = sizeof(typename S::element) == sizeof(float);

template <double (*F)(double)>
[[gnu::noinline]] void each_lane(double* lanes, int width) {
  for (int i = 0; i < width; ++i) lanes[i] = F(lanes[i]);
}
template <double (*F)(double), class S>
ASHLAR_INLINE void by_lane(typename S::vector& r, typename S::vector const& x) {
  double lanes[S::width];
  S::store(x, lanes);
  each_lane<F>(lanes, S::width);
  S::load(r, lanes);
}
inline double scalar_exp(double x) { return std::exp(x); }
inline double scalar_log(double x) { return std::log(x); }
inline double scalar_tanh(double x) { return std::tanh(x); }
inline double scalar_sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

/// x = n ln(2) + r with |r| <= ln(2) / 2: r, and n in both types.
template <class S>
ASHLAR_INLINE void divide_exponent(typename S::vector const& x, typename S::vector& r, typename S::vector& n,
                                   typename S::mask& whole) {
  using V = typename S::vector;
  using I = typename S::mask;
  V shifter;
  S::splat(shifter, 12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  n = x * 1.44269504088896341f + shifter;
  whole = reinterpret_cast<I>(n) - reinterpret_cast<I>(shifter);
  n = n - shifter;
  r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
}
/// The same for floats held in [low, high]: r, and 2^n in two factors, so that subnormal results and infinity come out
/// right.
template <class S>
ASHLAR_INLINE void split_exponent(typename S::vector const& in, float low, float high, typename S::vector& r,
                                  typename S::vector& first, typename S::vector& second) {
  using V = typename S::vector;
  using I = typename S::mask;
  V least, most, x = in;
  S::splat(least, low);
  S::splat(most, high);
  S::choose(x, x > most, most, x);
  S::choose(x, x < least, least, x);
  V n;
  I k;
  divide_exponent<S>(x, r, n, k);
  I const half = k >> 1;
  first = reinterpret_cast<V>((half + 127) << 23);
  second = reinterpret_cast<V>((k - half + 127) << 23);
}

/// e^r for |r| <= ln(2) / 2 in float. The coefficients are Cephes' expf.
template <class S>
ASHLAR_INLINE void exp_of_rest(typename S::vector& p, typename S::vector const& r) {
  p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
}
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__CUDA_ARCH__) && \
    !defined(__HIP_DEVICE_COMPILE__)
/// Whether instructions multiply by 2^n and hold numbers in an interval.
template <class S>
inline constexpr bool has_scaling = is_single<S> && sizeof(typename S::vector) == 64 && !avx512_is_emulated;
/// e^x for the same x as exp_lanes, by a third fewer instructions and with the same bits: 2^n * e^r is rounded once.
template <class S>
ASHLAR_INLINE void exp_by_scaling(typename S::vector& out, typename S::vector const& in, float low, float high) {
  typename S::vector x, r, n, p, least, most, scaled;
  typename S::mask k;
  S::splat(least, low);
  S::splat(most, high);
  asm("vmaxps %2, %1, %0" : "=v"(x) : "v"(least), "v"(in));  // of no number the second operand
  asm("vminps %2, %1, %0" : "=v"(x) : "v"(most), "v"(x));
  divide_exponent<S>(x, r, n, k);
  exp_of_rest<S>(p, r);
  S::choose(p, in <= least, typename S::vector{}, p);
  asm("vscalefps %2, %1, %0" : "=v"(scaled) : "v"(p), "v"(n));
  out = scaled;
}
#else
template <class S>
inline constexpr bool has_scaling = false;
template <class S>
void exp_by_scaling(typename S::vector&, typename S::vector const&, float, float);
#endif

/// e^x, within 2 ulp in float: 2^n * e^r.
template <class S>
ASHLAR_INLINE void exp_lanes(typename S::vector& out, typename S::vector const& in) {
  if constexpr (!is_single<S>) {
    by_lane<scalar_exp, S>(out, in);
  } else {
    using V = typename S::vector;
    constexpr float to_zero = -104.0f, to_infinity = 89.0f;
    if constexpr (has_scaling<S>) return exp_by_scaling<S>(out, in, to_zero, to_infinity);
    V r, first, second, zero_from, p;
    split_exponent<S>(in, to_zero, to_infinity, r, first, second);
    S::splat(zero_from, to_zero);
    S::choose(first, in > zero_from, first,
              V{});  // exactly: rounding 2^-150 to 0 takes processors a hundred times longer
    exp_of_rest<S>(p, r);
    out = p * first * second;
  }
}
/// The same for floats in [-87, 87], or no numbers.
template <class S>
ASHLAR_INLINE void exp_of_moderate(typename S::vector& out, typename S::vector const& in) {
  typename S::vector r, n, p;
  typename S::mask k;
  divide_exponent<S>(in, r, n, k);
  exp_of_rest<S>(p, r);
  out = p * reinterpret_cast<typename S::vector>((k + 127) << 23);
}

/// Natural logarithm, within 2 ulp in float (Cephes' logf); -inf at 0, NaN below.
template <class S>
ASHLAR_INLINE void log_lanes(typename S::vector& out, typename S::vector const& in) {
  if constexpr (!is_single<S>) {
    by_lane<scalar_log, S>(out, in);
  } else {
    using V = typename S::vector;
    using I = typename S::mask;
    V x = in, tiny, root, shifter, infinity, nan, zero{};
    S::splat(tiny, 1.17549435e-38f);
    I subnormal = x < tiny;
    S::choose(x, subnormal, x * 8388608.0f, x);
    I bits = reinterpret_cast<I>(x);
    I e = ((bits >> 23) & 255) - 126 - (subnormal & 23);
    V m = reinterpret_cast<V>((bits & 0x007fffff) | 0x3f000000);  // in [1/2, 1)
    S::splat(root, 0.707106781186547524f);
    I below = m < root;
    e = e + below;
    S::choose(m, below, m + m - 1.0f, m - 1.0f);
    V z = m * m;
    V p = m * 7.0376836292e-2f + -1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m + -1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m + -1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m + -2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    S::splat(shifter, 12582912.0f);
    V n = reinterpret_cast<V>(e + reinterpret_cast<I>(shifter)) - shifter;  // e as floats
    V y = m * z * p + n * -2.12194440e-4f - 0.5f * z;
    y = m + y + n * 0.693359375f;
    S::splat(infinity, __builtin_inff());
    S::splat(nan, __builtin_nanf(""));
    S::choose(y, in == zero, -infinity, y);
    S::choose(y, in < zero, nan, y);
    S::choose(out, in < infinity, y, in);
  }
}

/// Hyperbolic tangent, within 3 ulp in float: a polynomial near 0 (Cephes' tanhf), 1 - 2 / (e^2|x| + 1) elsewhere.
template <class S>
ASHLAR_INLINE void tanh_lanes(typename S::vector& out, typename S::vector const& x) {
  if constexpr (!is_single<S>) {
    by_lane<scalar_tanh, S>(out, x);
  } else {
    using V = typename S::vector;
    V a, limit, e;
    S::magnitude(a, x);
    S::splat(limit, 0.625f);
    V z = x * x;
    V p = z * -5.70498872745e-3f + 2.06390887954e-2f;
    p = p * z + -5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z + -3.33332819422e-1f;
    p = p * z * x + x;
    exp_lanes<S>(e, a + a);
    V q = 1.0f - 2.0f / (e + 1.0f);
    S::choose(q, a < limit, p, q);
    S::magnitude(q, q);
    S::with_sign(out, q, x);
  }
}

template <class S>
ASHLAR_INLINE void sigmoid_lanes(typename S::vector& out, typename S::vector const& x) {
  if constexpr (!is_single<S>) {
    by_lane<scalar_sigmoid, S>(out, x);
  } else {
    typename S::vector e;
    exp_lanes<S>(e, -x);
    out = 1.0f / (1.0f + e);
  }
}

#if defined(__x86_64__) && !defined(__CUDA_ARCH__) && !defined(__HIP_DEVICE_COMPILE__)
/// root = the lanes' roots, by the processor's instruction for a vector. clang holds no vector wider than its own flags
/// allow in the registers of an asm statement: so it goes through memory.
#if defined(__AVX__)
#define ASHLAR_VEX "v"
#else
#define ASHLAR_VEX ""
#endif
#if defined(__clang__)
#define ASHLAR_ROOT(V, Suffix, Register) \
  asm(V "sqrt" Suffix " %1, %%" Register "\n\t" V "movu" Suffix " %%" Register ", %0" : "=m"(root) : "m"(of) : "xmm0")
#else
#define ASHLAR_ROOT(V, Suffix, Register) asm(V "sqrt" Suffix " %1, %0" : "=v"(root) : "v"(of))
#endif
#endif

/// Correctly rounded. The C library's would go lane by lane: it sets errno.
template <class S>
ASHLAR_INLINE void sqrt_lanes(typename S::vector& r, typename S::vector const& x) {
#if defined(ASHLAR_ROOT)
  if constexpr (sizeof(typename S::vector) < 64 || !avx512_is_emulated) {
    typename S::vector root, of = x;
    if constexpr (sizeof of == 64 && is_single<S>)
      ASHLAR_ROOT("v", "ps", "zmm0");
    else if constexpr (sizeof of == 64)
      ASHLAR_ROOT("v", "pd", "zmm0");
    else if constexpr (sizeof of == 32 && is_single<S>)
      ASHLAR_ROOT("v", "ps", "ymm0");
    else if constexpr (sizeof of == 32)
      ASHLAR_ROOT("v", "pd", "ymm0");
    else if constexpr (is_single<S>)
      ASHLAR_ROOT(ASHLAR_VEX, "ps", "xmm0");
    else
      ASHLAR_ROOT(ASHLAR_VEX, "pd", "xmm0");
    r = root;
  } else
#endif
  {
    typename S::element lanes[S::width];
    S::store(x, lanes);
    for (auto& v : lanes) v = std::sqrt(v);
    S::load(r, lanes);
  }
}

#undef ASHLAR_ROOT
#undef ASHLAR_VEX

}  // namespace ashlar::inline ASHLAR_ABI::detail
