// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// The element types that tensors store.
enum class dtype : unsigned char { boolean, uint8, int32, int64, float32, float64 };

namespace detail {
template <class T>
struct dtype_of_type;
template <>
struct dtype_of_type<bool> {
  static constexpr dtype value = dtype::boolean;
};
template <>
struct dtype_of_type<std::uint8_t> {
  static constexpr dtype value = dtype::uint8;
};
template <>
struct dtype_of_type<std::int32_t> {
  static constexpr dtype value = dtype::int32;
};
template <>
struct dtype_of_type<std::int64_t> {
  static constexpr dtype value = dtype::int64;
};
template <>
struct dtype_of_type<float> {
  static constexpr dtype value = dtype::float32;
};
template <>
struct dtype_of_type<double> {
  static constexpr dtype value = dtype::float64;
};
}  // namespace detail

/// The dtype of the C++ type T (bool, uint8_t, int32_t, int64_t, float, double).
template <class T>
inline constexpr dtype dtype_of = detail::dtype_of_type<T>::value;

/// Bytes of one element.
constexpr int bytes_of(dtype t) {
  switch (t) {
    case dtype::boolean:
    case dtype::uint8: return 1;
    case dtype::int32:
    case dtype::float32: return 4;
    default: return 8;
  }
}

/// The name of a dtype as NumPy writes it: "float32", "int64", "bool".
constexpr char const* name_of(dtype t) {
  constexpr char const* names[6] = {"bool", "uint8", "int32", "int64", "float32", "float64"};
  return names[static_cast<int>(t)];
}

/// Whether values of this dtype carry gradients.
constexpr bool is_floating(dtype t) { return t == dtype::float32 || t == dtype::float64; }

}  // namespace ashlar::inline ASHLAR_ABI
