// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <cstdint>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Two independent standard normal numbers.
struct normal_pair {
  float first;   ///< One of them.
  float second;  ///< The other.
};

namespace detail {

// Integers carry the polynomials, and no product meets a sum in floating point: nothing is left for a compiler to
// contract or for a libm to round its own way, so that every policy draws the same bits.

/// A sum of a number's alternating powers in fixed point with 31 fractional bits, coefficients by magnitude.
template <int N>
ASHLAR_INLINE ASHLAR_HD constexpr std::uint64_t alternating_polynomial(std::uint64_t const (&coefficient)[N],
                                                                       std::uint64_t x) {
  std::uint64_t sum = coefficient[N - 1];
  for (int i = N - 2; i >= 0; --i) sum = coefficient[i] - ((sum * x) >> 31);
  return sum;
}

/// -2 log(u) for u = (bits + 1/2) / 2^32, within 7e-9 absolutely.
ASHLAR_INLINE ASHLAR_HD constexpr float squared_radius(std::uint32_t bits) {
  auto const pattern = __builtin_bit_cast(std::uint64_t, static_cast<double>(bits) + 0.5);
  auto const exponent = static_cast<std::int64_t>(pattern >> 52) - 1023;
  std::uint64_t const mantissa = (pattern >> 21) & 0x7FFFFFFFu;
  // log2(1 + x) / x interpolated at 10 Chebyshev nodes of [0, 1]: within 5e-9, and below 1 at the end.
  constexpr std::uint64_t coefficient[10] = {3098163993u, 1549078679u, 1032609095u, 773041995u, 609200486u,
                                             473079330u,  326658758u,  174654698u,  60545955u,  9839946u};
  std::uint64_t const log2_mantissa = (alternating_polynomial(coefficient, mantissa) * mantissa) >> 31;
  std::uint64_t const minus_log2 = (static_cast<std::uint64_t>(32 - exponent) << 31) - log2_mantissa;
  // A double's own mantissa holds the integer: an exact conversion that vectorises without AVX-512.
  double const exact = __builtin_bit_cast(double, minus_log2 | 0x4330000000000000u) - 0x1p52;
  return static_cast<float>(exact) * static_cast<float>(0x1p-30 * 0.6931471805599453);
}

/// The point of the unit circle at the angle 2 pi bits / 2^32, within 1e-7.
ASHLAR_INLINE ASHLAR_HD constexpr normal_pair direction(std::uint32_t bits) {
  std::uint32_t const quadrant = (bits + 0x20000000u) >> 30;
  // A quadrant is centred on its axis: the angle left is pi/4 * part / 2^31, with part in [-2^31, 2^31).
  auto const part = static_cast<std::int32_t>(bits << 2);
  std::uint64_t const square = static_cast<std::uint64_t>(std::int64_t{part} * part) >> 31;
  // (pi/4)^k / k! for odd and for even k, times 2^31: Taylor's series.
  constexpr std::uint64_t odd[5] = {1686629713u, 173399667u, 5348082u, 78547u, 673u};
  constexpr std::uint64_t even[6] = {2147483648u, 662337939u, 34046945u, 700062u, 7711u, 53u};
  auto const ratio = static_cast<std::int32_t>(alternating_polynomial(odd, square));
  auto const half = static_cast<std::int32_t>(alternating_polynomial(even, square) >> 1);
  float const sine = static_cast<float>(part) * 0x1p-31f * (static_cast<float>(ratio) * 0x1p-31f);
  float const cosine = static_cast<float>(half) * 0x1p-30f;
  float const x = quadrant & 1 ? sine : cosine;
  float const y = quadrant & 1 ? cosine : sine;
  return {((quadrant + 1) & 2) ? -x : x, (quadrant & 2) ? -y : y};
}

ASHLAR_INLINE ASHLAR_HD float rounded_sqrt(float x) {
#if defined(__CUDA_ARCH__)
  return __fsqrt_rn(x);  // also under --use_fast_math
#else
  return std::sqrt(x);
#endif
}

}  // namespace detail

/// Two standard normal numbers from 64 random bits; the same bits on every machine, at most 6.8 from zero.
/// source: Box, Muller, "A note on the generation of random normal deviates", 1958
ASHLAR_INLINE ASHLAR_HD normal_pair box_muller(std::uint32_t radius_bits, std::uint32_t angle_bits) {
  float const radius = detail::rounded_sqrt(detail::squared_radius(radius_bits));
  normal_pair const point = detail::direction(angle_bits);
  return {radius * point.first, radius * point.second};
}

}  // namespace ashlar::inline ASHLAR_ABI
