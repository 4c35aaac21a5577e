// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <type_traits>

#include <ashlar/core/dtype.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What holds so many bytes.
template <int Bytes>
using word_of =
    std::conditional_t<Bytes == 8, std::uint64_t, std::conditional_t<Bytes == 4, std::uint32_t, std::uint8_t>>;

/// The type that holds a dtype's elements; bool is held as uint8.
template <int Type>
struct element_held {
  using type = std::uint8_t;
};
template <>
struct element_held<static_cast<int>(dtype::float32)> {
  using type = float;
};
template <>
struct element_held<static_cast<int>(dtype::float64)> {
  using type = double;
};
template <>
struct element_held<static_cast<int>(dtype::int32)> {
  using type = std::int32_t;
};
template <>
struct element_held<static_cast<int>(dtype::int64)> {
  using type = std::int64_t;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
