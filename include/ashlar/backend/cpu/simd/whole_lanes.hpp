// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/simd/simd.hpp>
#include <ashlar/graph/op.hpp>
#include <ashlar/passes/lowered.hpp>

/// Whole numbers in the lanes of a fused kernel: exact, and wrapping around as two's complement. A vector of floating
/// type carries their bits; S is its simd type.
namespace ashlar::inline ASHLAR_ABI::detail {

/// What a lane type's numbers are when they stand apart.
template <class S, lane_type L>
using lane_number = std::conditional_t<is_whole(L), typename S::bits, typename S::element>;

template <class I>
[[gnu::noinline]] void divide_part(I* a, I const* b, int count) {
  using natural = std::make_unsigned_t<I>;
  for (int i = 0; i < count; ++i)
    a[i] = b[i] == 0 ? 0 : b[i] == -1 ? static_cast<I>(natural{} - static_cast<natural>(a[i])) : a[i] / b[i];
}
/// Powers by squaring; what 1 is divided by truncates towards zero.
template <class I>
[[gnu::noinline]] void power_part(I* a, I const* b, int count) {
  using natural = std::make_unsigned_t<I>;
  for (int i = 0; i < count; ++i) {
    natural square = static_cast<natural>(a[i]), power = 1;
    for (I left = b[i]; left > 0; left /= 2, square *= square)
      if (left % 2) power *= square;
    if (b[i] < 0) power = a[i] == 1 ? 1 : a[i] == -1 ? (b[i] % 2 ? natural{} - 1 : 1) : 0;
    a[i] = static_cast<I>(power);
  }
}
template <class T>
[[gnu::noinline]] void round_to_single(T* lanes, int count) {
  for (int i = 0; i < count; ++i) lanes[i] = static_cast<T>(static_cast<float>(lanes[i]));
}
/// An int64 may round to double, and then to float, another way than to float at once.
template <class T, class I>
[[gnu::noinline]] void convert_to_single(T* to, I const* from, int count) {
  for (int i = 0; i < count; ++i) to[i] = static_cast<T>(static_cast<float>(from[i]));
}

/// Wraps lanes around that hold more bits than their type has.
template <class S, lane_type L>
ASHLAR_INLINE void wrap_around(typename S::vector& r) {
  using V = typename S::vector;
  using I = typename S::mask;
  using U = typename S::words;
  if constexpr (L == lane_type::uint8)
    r = reinterpret_cast<V>(reinterpret_cast<I>(r) & 255);
  else if constexpr (L == lane_type::int32 && sizeof(typename S::bits) == 8)
    r = reinterpret_cast<V>(reinterpret_cast<I>(reinterpret_cast<U>(r) << 32) >> 32);
}

/// r = a op b, before it wraps around. Quotients truncate towards zero, and are 0 where b is.
template <class S, op Code>
ASHLAR_INLINE void compute_whole(typename S::vector& r, typename S::vector const& a, typename S::vector const& b) {
  using V = typename S::vector;
  using I = typename S::mask;
  using U = typename S::words;
  I const x = reinterpret_cast<I>(a), y = reinterpret_cast<I>(b);
  if constexpr (Code == op::add) {
    r = reinterpret_cast<V>(reinterpret_cast<U>(a) + reinterpret_cast<U>(b));
  } else if constexpr (Code == op::sub) {
    r = reinterpret_cast<V>(reinterpret_cast<U>(a) - reinterpret_cast<U>(b));
  } else if constexpr (Code == op::mul) {
    r = reinterpret_cast<V>(reinterpret_cast<U>(a) * reinterpret_cast<U>(b));
  } else if constexpr (Code == op::neg) {
    r = reinterpret_cast<V>(U{} - reinterpret_cast<U>(a));
  } else if constexpr (Code == op::abs) {
    U const sign = reinterpret_cast<U>(x < I{});
    r = reinterpret_cast<V>((reinterpret_cast<U>(a) ^ sign) - sign);
  } else if constexpr (Code == op::sign) {
    r = reinterpret_cast<V>((x < I{}) - (x > I{}));
  } else if constexpr (Code == op::relu) {
    r = reinterpret_cast<V>(x & (x > I{}));
  } else if constexpr (Code == op::maximum) {
    S::choose(r, x > y, a, b);
  } else if constexpr (Code == op::minimum) {
    S::choose(r, x < y, a, b);
  } else if constexpr (Code == op::floor) {
    r = a;
  } else {
    static_assert(Code == op::div || Code == op::pow);
    typename S::bits lanes[S::width], by[S::width];
    S::store(a, lanes);
    S::store(b, by);
    if constexpr (Code == op::div)
      divide_part(lanes, by, S::width);
    else
      power_part(lanes, by, S::width);
    S::load(r, lanes);
  }
}

/// All ones where a op b holds.
template <class S, op Code>
ASHLAR_INLINE void compare_whole(typename S::mask& r, typename S::vector const& a, typename S::vector const& b) {
  using I = typename S::mask;
  if constexpr (Code == op::greater)
    r = reinterpret_cast<I>(a) > reinterpret_cast<I>(b);
  else
    r = reinterpret_cast<I>(a) == reinterpret_cast<I>(b);
}

template <class S>
ASHLAR_INLINE void truth_of(typename S::vector& r, typename S::mask const& is_zero) {
  typename S::vector one, zero{};
  S::splat(one, static_cast<typename S::element>(1));
  S::choose(r, is_zero, zero, one);
}

/// Lanes of one type as those of another: floating ones truncate towards zero, whole ones round once to the nearest.
template <class S, lane_type From, lane_type To>
ASHLAR_INLINE void convert_lanes(typename S::vector& r, typename S::vector const& x) {
  using V = typename S::vector;
  using I = typename S::mask;
  if constexpr (is_whole(To)) {
    r = x;
    if constexpr (!is_whole(From)) r = reinterpret_cast<V>(__builtin_convertvector(x, I));
    if constexpr (From != To) wrap_around<S, To>(r);
  } else if constexpr (To == lane_type::truth && From != To) {
    if constexpr (is_whole(From))
      truth_of<S>(r, reinterpret_cast<I>(x) == I{});
    else
      truth_of<S>(r, x == V{});
  } else if constexpr (To == lane_type::single && From == lane_type::int64) {
    typename S::bits whole[S::width];
    typename S::element lanes[S::width];
    S::store(x, whole);
    convert_to_single(lanes, whole, S::width);
    S::load(r, lanes);
  } else if constexpr (is_whole(From)) {
    r = __builtin_convertvector(reinterpret_cast<I>(x), V);
  } else if constexpr (To == lane_type::single) {
    typename S::element lanes[S::width];
    S::store(x, lanes);
    round_to_single(lanes, S::width);
    S::load(r, lanes);
  } else {
    r = x;
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
