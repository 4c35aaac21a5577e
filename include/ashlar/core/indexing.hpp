// SPDX-License-Identifier: MIT
#pragma once
#include <cassert>
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/shape.hpp>

/// The checks that tensors and views share, and their words.
namespace ashlar::inline ASHLAR_ABI::detail {

template <class T>
inline constexpr bool is_element =
    std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int32_t> ||
    std::same_as<T, std::int64_t> || std::same_as<T, std::uint8_t> || std::same_as<T, bool>;

template <class T, int... Dims>
consteval bool check_tensor_type() {
  static_assert(is_element<T>,
                "tensor: the element type must be float, double, std::int32_t, std::int64_t, std::uint8_t or bool");
  static_assert(sizeof...(Dims) <= max_rank, "tensor: there may be at most 6 axes");
  static_assert(((Dims > 0) && ...), "tensor: every extent must be at least 1");
  return true;
}

template <int Given, int Rank>
consteval bool check_index_count() {
  static_assert(Given == Rank, "tensor: x(i, j, ...) takes one index per axis");
  return Given == Rank;
}

template <std::int64_t Have, std::int64_t Need>
consteval bool check_equal_sizes() {
  static_assert(Have == Need, "view: reshape<...>() must keep the number of elements");
  return true;
}

/// The element that lies `strides` away along each axis; asserts that every index is in range.
template <int... Dims, std::integral... Index>
ASHLAR_HD constexpr std::int64_t offset_of(std::int64_t const* stride, Index... index) {
  std::int64_t offset = 0;
  ((assert(static_cast<std::int64_t>(index) >= 0 && static_cast<std::int64_t>(index) < Dims && "index out of range"),
    offset += *stride++ * static_cast<std::int64_t>(index)),
   ...);
  return offset;
}

/// The shape as a message writes it: "[10, 64]".
ASHLAR_COLD inline std::string shape_text(shape const& s) {
  std::int64_t extents[max_rank]{};
  for (int i = 0; i < s.rank; ++i) extents[i] = s[i];
  return extents_text(extents, static_cast<std::size_t>(s.rank));
}

/// Distances of neighbours along each axis in row-major order.
struct strides {
  std::int64_t axis[max_rank]{};
};

ASHLAR_HD constexpr strides row_major_strides(shape const& s) {
  strides result;
  std::int64_t stride = 1;
  for (int i = s.rank - 1; i >= 0; --i) {
    result.axis[i] = stride;
    stride *= s[i];
  }
  return result;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
