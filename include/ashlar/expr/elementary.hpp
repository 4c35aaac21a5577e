// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/pointwise.hpp>

/// More elementary functions of values, element by element.
namespace ashlar::inline ASHLAR_ABI {

/// e^x - 1, also where x is small.  gradient: d * e^x
template <class T, int... D>
constexpr basic_value<T, D...> expm1(basic_value<T, D...> x) {
  return detail::apply(detail::op::expm1, x);
}
/// log(1 + x), also where x is small.  gradient: d / (1 + x)
template <class T, int... D>
constexpr basic_value<T, D...> log1p(basic_value<T, D...> x) {
  return detail::apply(detail::op::log1p, x);
}
/// Sine.  units: radians.  gradient: d * cos(x)
template <class T, int... D>
constexpr basic_value<T, D...> sin(basic_value<T, D...> x) {
  return detail::apply(detail::op::sin, x);
}
/// Cosine.  units: radians.  gradient: -d * sin(x)
template <class T, int... D>
constexpr basic_value<T, D...> cos(basic_value<T, D...> x) {
  return detail::apply(detail::op::cos, x);
}
/// The error function.  gradient: d * 2 / sqrt(pi) * e^(-x^2)
template <class T, int... D>
constexpr basic_value<T, D...> erf(basic_value<T, D...> x) {
  return detail::apply(detail::op::erf, x);
}
/// The largest whole number that is not larger.  gradient: none
template <class T, int... D>
constexpr basic_value<T, D...> floor(basic_value<T, D...> x) {
  return detail::apply(detail::op::floor, x);
}

/// a to the power of b.
/// gradient: d * b * a^(b - 1) and d * a^b * log(a), both 0 where b (where a, for b >= 0) is 0
/// errors: NaN for negative a and a fraction b; whole numbers to a negative power truncate towards zero
template <class T, int... A, class U, int... B>
constexpr auto pow(basic_value<T, A...> a, basic_value<U, B...> b) {
  return detail::apply<T>(detail::op::pow, a, b);
}
/// pow of a value by a number.
template <detail::any_value V>
constexpr V pow(V x, detail::number auto exponent) {
  detail::located const here(*x.g, x.at);
  return {x.g, detail::power(*x.g, x.id, detail::filled(x, exponent).id)};
}
/// pow of a number by a value.
template <detail::any_value V>
constexpr V pow(detail::number auto base, V x) {
  return detail::apply<typename V::element_type>(detail::op::pow, detail::filled(x, base), x);
}

/// x, but not less than low and not more than high, which counts where low is larger.
/// gradient: d where low <= x <= high, else 0
/// source: numpy.clip
template <detail::any_value V>
constexpr V clamp(V x, detail::number auto low, detail::number auto high) {
  detail::located const here(*x.g, x.at);
  auto const least = low < high ? low : high;
  return select(x < least, least, select(x > high, high, x));
}

}  // namespace ashlar::inline ASHLAR_ABI
