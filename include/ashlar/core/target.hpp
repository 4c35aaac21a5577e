// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/config.hpp>
#include <ashlar/core/shape.hpp>
#include <ashlar/core/signature.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// What one sample is to become, where that is not an int32 label: `target<float, 3>` for three numbers.
template <class T, int... Dims>
struct target_type : signature::element {
  static_assert((true && ... && (Dims > 0)), "ashlar: target<T, ...>: every extent must be positive");
  /// Its numbers' type.
  using element_type = T;
  /// Its extents.
  static constexpr ashlar::shape shape() { return make_shape<Dims...>(); }
  /// How many numbers it has.
  static constexpr std::int64_t size() { return make_shape<Dims...>().size(); }
};

/// The target of one sample, as models and readers of data take it.
/// example: auto data = read_csv<8>("houses.csv", target<float, 1>, {.header = true});
template <class T, int... Dims>
inline constexpr target_type<T, Dims...> target{};

}  // namespace ashlar::inline ASHLAR_ABI
