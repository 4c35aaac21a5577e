// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <limits>
#include <type_traits>

#include <ashlar/backend/cpu/simd/special_functions.hpp>
#include <ashlar/backend/thrust/packet.hpp>
#include <ashlar/passes/lowered.hpp>

/// What the instructions of a fused kernel compute of single numbers. Whole numbers are exact and wrap around as two's
/// complement; the elementary functions are the device's own, on a CPU those of the cpu policy.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

template <class T>
inline constexpr T minus_infinity = -std::numeric_limits<T>::infinity();
template <class T>
inline constexpr T not_a_number = std::numeric_limits<T>::quiet_NaN();
template <class T>
inline constexpr T least_number = std::numeric_limits<T>::min();

/// The larger of two numbers; NaN where either is.
template <class T>
ASHLAR_INLINE ASHLAR_HD T larger_number(T a, T b) {
  return a > b || a != a ? a : b;
}
/// The sum of two numbers; whole ones wrap around.
template <class T>
ASHLAR_INLINE ASHLAR_HD T sum_of_numbers(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using natural = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<natural>(a) + static_cast<natural>(b));
  } else {
    return a + b;
  }
}

/// A whole number of more bits than its lane's type has, wrapped around.
template <lane_type L, class I>
ASHLAR_INLINE ASHLAR_HD I wrapped(I x) {
  if constexpr (L == lane_type::uint8)
    return x & 255;
  else if constexpr (L == lane_type::int32 && sizeof(I) == 8)
    return static_cast<std::int32_t>(x);
  else
    return x;
}

template <class I>
ASHLAR_HD I whole_power(I base, I exponent) {
  using natural = std::make_unsigned_t<I>;
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  natural square = static_cast<natural>(base), power = 1;
  for (I left = exponent; left > 0; left /= 2, square *= square)
    if (left % 2) power *= square;
  return static_cast<I>(power);
}
/// a op b, before it wraps around. Quotients truncate towards zero, and are 0 where b is.
template <op Code, class I>
ASHLAR_INLINE ASHLAR_HD I whole_result(I a, [[maybe_unused]] I b) {
  using natural = std::make_unsigned_t<I>;
  [[maybe_unused]] natural const x = static_cast<natural>(a), y = static_cast<natural>(b);
  if constexpr (Code == op::add)
    return static_cast<I>(x + y);
  else if constexpr (Code == op::sub)
    return static_cast<I>(x - y);
  else if constexpr (Code == op::mul)
    return static_cast<I>(x * y);
  else if constexpr (Code == op::neg)
    return static_cast<I>(natural{} - x);
  else if constexpr (Code == op::abs)
    return a < 0 ? static_cast<I>(natural{} - x) : a;
  else if constexpr (Code == op::sign)
    return static_cast<I>((a > 0) - (a < 0));
  else if constexpr (Code == op::relu)
    return a > 0 ? a : 0;
  else if constexpr (Code == op::maximum)
    return a > b ? a : b;
  else if constexpr (Code == op::minimum)
    return a < b ? a : b;
  else if constexpr (Code == op::floor)
    return a;
  else if constexpr (Code == op::div)
    return b == 0 ? 0 : b == -1 ? static_cast<I>(natural{} - x) : a / b;
  else {
    static_assert(Code == op::pow, "ashlar: the device policy has no kernel for this primitive on whole numbers");
    return whole_power(a, b);
  }
}

/// The operations on floating numbers that need no function.
template <op Code>
inline constexpr bool is_elementary = Code >= op::exp&& Code <= op::erf;
template <op Code, class T>
ASHLAR_INLINE ASHLAR_HD T floating_result(T a, [[maybe_unused]] T b) {
  if constexpr (Code == op::neg)
    return -a;
  else if constexpr (Code == op::relu)
    return a < T{} ? T{} : a;
  else if constexpr (Code == op::abs)
    return std::fabs(a);
  else if constexpr (Code == op::sign)
    return a > T{} ? T{1} : a < T{} ? T{-1} : a;
  else if constexpr (Code == op::floor)
    return std::floor(a);
  else if constexpr (Code == op::add)
    return a + b;
  else if constexpr (Code == op::sub)
    return a - b;
  else if constexpr (Code == op::mul)
    return a * b;
  else if constexpr (Code == op::div)
    return a / b;
  else if constexpr (Code == op::maximum)
    return larger_number(a, b);
  else if constexpr (Code == op::minimum)
    return a < b || a != a ? a : b;
  else {
    static_assert(Code == op::pow, "ashlar: the device policy has no kernel for this primitive");
    return std::pow(a, b);
  }
}
#if ASHLAR_GPU
template <op Code, class T>
ASHLAR_INLINE ASHLAR_HD T elementary_result(T x) {
  if constexpr (Code == op::exp)
    return std::exp(x);
  else if constexpr (Code == op::expm1)
    return std::expm1(x);
  else if constexpr (Code == op::log)
    return std::log(x);
  else if constexpr (Code == op::log1p)
    return std::log1p(x);
  else if constexpr (Code == op::tanh)
    return std::tanh(x);
  else if constexpr (Code == op::sigmoid)
    return T{1} / (T{1} + std::exp(-x));
  else if constexpr (Code == op::sqrt)
    return std::sqrt(x);
  else if constexpr (Code == op::rsqrt)
    return T{1} / std::sqrt(x);
  else if constexpr (Code == op::sin)
    return std::sin(x);
  else if constexpr (Code == op::cos)
    return std::cos(x);
  else {
    static_assert(Code == op::erf, "ashlar: the device policy has no kernel for this primitive");
    return std::erf(x);
  }
}
template <op Code, class T, int N>
ASHLAR_INLINE ASHLAR_HD void elementary_packet(packet<T, N>& r, packet<T, N> const& x) {
  ASHLAR_UNROLL
  for (int k = 0; k < N; ++k) r.at[k] = elementary_result<Code>(x.at[k]);
}
#else
template <op Code, class T, int N>
ASHLAR_INLINE void elementary_packet(packet<T, N>& r, packet<T, N> const& x) {
  using S = simd<T, instruction_set::baseline>;
  for (int k = 0; k < N; k += S::width) {
    typename S::vector v;
    S::load(v, x.at + k);
    elementary<Code, S>(v, v);
    S::store(v, r.at + k);
  }
}
#endif

/// A number of one lane type as one of another: floating ones truncate towards zero, whole ones round once.
template <lane_type From, lane_type To, class Result, class X>
ASHLAR_INLINE ASHLAR_HD Result converted(X x) {
  if constexpr (is_whole(To))
    return wrapped<To>(static_cast<Result>(x));
  else if constexpr (To == lane_type::truth && From != To)
    return static_cast<Result>(x != X{});
  else if constexpr (To == lane_type::single)
    return static_cast<Result>(static_cast<float>(x));
  else
    return static_cast<Result>(x);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
