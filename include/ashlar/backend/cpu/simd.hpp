// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include <ashlar/core/config.hpp>

/// Sixteen numbers at a time, whatever the machine: a compiler splits them into the registers it has. Vectors cross
/// functions only by reference and only where inlined: their calling convention depends on the compiler's flags.
namespace ashlar::inline ASHLAR_ABI::detail {

inline constexpr int lane_count = 16;

typedef float float_lanes __attribute__((vector_size(64), aligned(64)));
typedef double double_lanes __attribute__((vector_size(128), aligned(128)));
typedef std::int32_t int_lanes __attribute__((vector_size(64), aligned(64)));
typedef std::int64_t long_lanes __attribute__((vector_size(128), aligned(128)));

template <class T>
struct lanes_of;
template <>
struct lanes_of<float> {
  using type = float_lanes;
  using integer = int_lanes;
};
template <>
struct lanes_of<double> {
  using type = double_lanes;
  using integer = long_lanes;
};
template <class T>
using lanes = typename lanes_of<T>::type;
template <class T>
using integer_lanes = typename lanes_of<T>::integer;

template <class T>
ASHLAR_INLINE void splat(lanes<T>& v, T x) {
  v = lanes<T>{} + x;
}
template <class T>
ASHLAR_INLINE void load(lanes<T>& v, T const* from) {
  std::memcpy(&v, from, sizeof v);
}
template <class T>
ASHLAR_INLINE void load_part(lanes<T>& v, T const* from, int count) {
  T part[lane_count]{};
  for (int i = 0; i < count; ++i) part[i] = from[i];
  std::memcpy(&v, part, sizeof v);
}
template <class T>
ASHLAR_INLINE void store(lanes<T> const& v, T* to) {
  std::memcpy(to, &v, sizeof v);
}
template <class T>
ASHLAR_INLINE void store_part(lanes<T> const& v, T* to, int count) {
  T part[lane_count];
  std::memcpy(part, &v, sizeof v);
  for (int i = 0; i < count; ++i) to[i] = part[i];
}
template <class T>
ASHLAR_INLINE void lane_numbers(lanes<T>& v) {
  v = lanes<T>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
}
/// mask ? a : b for a mask of all-zero and all-one lanes.
template <class T>
ASHLAR_INLINE void choose(lanes<T>& r, integer_lanes<T> const& mask, lanes<T> const& a, lanes<T> const& b) {
  r = reinterpret_cast<lanes<T>>((reinterpret_cast<integer_lanes<T>>(a) & mask) |
                                 (reinterpret_cast<integer_lanes<T>>(b) & ~mask));
}
/// Sum of the lanes, always in the same order.
template <class T>
ASHLAR_INLINE T lane_sum(lanes<T> const& v) {
  T p[lane_count];
  std::memcpy(p, &v, sizeof v);
  for (int half = lane_count / 2; half; half /= 2)
    for (int i = 0; i < half; ++i) p[i] += p[i + half];
  return p[0];
}
template <class T>
ASHLAR_INLINE T larger_or_nan(T a, T b) {
  return a > b || a != a ? a : b;
}
template <class T>
ASHLAR_INLINE T lane_max(lanes<T> const& v) {
  T p[lane_count];
  std::memcpy(p, &v, sizeof v);
  for (int half = lane_count / 2; half; half /= 2)
    for (int i = 0; i < half; ++i) p[i] = larger_or_nan(p[i], p[i + half]);
  return p[0];
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
