// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// A number as a template argument, held as the bits of a double.
struct constant_number {
  std::uint64_t bits;  ///< The double's bits.

  /// From a double.
  constexpr constant_number(double value) : bits(__builtin_bit_cast(std::uint64_t, value)) {}
  /// From a whole number.
  constexpr constant_number(int value) : constant_number(static_cast<double>(value)) {}
  /// From the bits.
  constexpr constant_number(std::uint64_t stored) : bits(stored) {}  // some compilers name a type by its member
  /// The double.
  constexpr double value() const { return __builtin_bit_cast(double, bits); }
};

}  // namespace ashlar::inline ASHLAR_ABI
