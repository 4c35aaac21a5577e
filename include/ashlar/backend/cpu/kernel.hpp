// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/backend/cpu/instruction_set.hpp>
#include <ashlar/passes/lowered.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What every cpu kernel is called with: its operands (inputs, outputs, workspace), the numbers and constants that
/// its step holds, the valid rows, and what keys random numbers.
struct kernel_arguments {
  char* const* operands;
  std::int64_t const* numbers;
  double const* constants;
  std::int64_t rows;
  std::uint64_t seed, step, iteration;
  instruction_set set;
};
using kernel_function = void (*)(kernel_arguments const&);

/// An integer pack as an array.
template <int... Code>
struct kernel_code {
  static constexpr int size = sizeof...(Code);
  static constexpr int at[sizeof...(Code)] = {Code...};
  static constexpr kernel_kind kind = static_cast<kernel_kind>(at[0]);
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
