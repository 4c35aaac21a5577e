// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/backend/thrust/team.hpp>
#if ASHLAR_GPU
#include <ashlar/backend/thrust/gpu/runtime.hpp>
#endif

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// What changes from step to step, in memory of the device: the kernels of a step are the same every time.
struct step_values {
  std::int64_t rows = 0;
  std::uint64_t seed = 0, step = 0;
  std::int64_t is_taken = 1;  // whether kernels of the update are to do anything
};

/// What a kernel is given by value: where its operands lie (inputs, outputs, workspace), the numbers and constants that
/// its step holds in memory of the device, and what keys random numbers.
template <int Operands>
struct kernel_values {
  char* operands[Operands];
  std::int64_t const* numbers;
  double const* constants;
  step_values const* now;
  std::uint64_t iteration;
  bool is_update;

  /// Whether the kernel has anything to do.
  ASHLAR_INLINE ASHLAR_HD bool runs() const { return !is_update || now->is_taken; }
  /// The same without what lies behind the first operands.
  template <int Fewer>
  ASHLAR_INLINE ASHLAR_HD kernel_values<Fewer> first() const {
    kernel_values<Fewer> v{{}, numbers, constants, now, iteration, is_update};
    ASHLAR_UNROLL
    for (int k = 0; k < Fewer; ++k) v.operands[k] = operands[k];
    return v;
  }
  /// Operand k as elements of T.
  template <class T>
  ASHLAR_INLINE ASHLAR_HD T* at(int k) const {
    return reinterpret_cast<T*>(operands[k]);
  }
  /// `full`, or where so many units belong to a valid row, those of the valid rows.
  ASHLAR_INLINE ASHLAR_HD std::int64_t valid(std::int64_t full, std::int64_t per_row) const {
    return per_row ? per_row * now->rows : full;
  }
};

/// What orders launches: a GPU's stream; on a CPU nothing has to.
#if ASHLAR_GPU
using device_stream = gpu_stream;
#else
struct device_stream {};
#endif

class library_calls;

/// What the host launches a kernel with. `numbers` and `constants` lie on the host, `device_numbers` and
/// `device_constants` are the same in memory of the device.
struct launch_arguments {
  char* const* operands;
  int operand_count;
  std::int64_t const* numbers;
  std::int64_t const* device_numbers;
  double const* device_constants;
  step_values const* now;
  std::uint64_t iteration;
  device_stream stream{};
  bool is_update = false;  // what a step that is not taken leaves out
  int step = 0;            // of the program
  bool is_whole = false;   // all rows of the batch are valid
  library_calls* libraries = nullptr;
  char* workspace = nullptr;  // of a GPU's kernels, beside what the plan has
  int phases = 1;             // of a kernel of the cpu policy's
  std::int64_t work = -1;     // nanoseconds that it is estimated to take on one thread

  template <int Operands>
  kernel_values<Operands> values() const {
    kernel_values<Operands> v{{}, device_numbers, device_constants, now, iteration, is_update};
    for (int k = 0; k < Operands && k < operand_count; ++k) v.operands[k] = operands[k];
    return v;
  }
};

/// Divides `left` by the extent of an axis, and returns what remains: the index along it. Quotients of 32 bits take a
/// GPU a quarter of the time.
ASHLAR_INLINE ASHLAR_HD constexpr std::int64_t take_index(std::int64_t& left, std::int64_t extent) {
  if (((left | extent) >> 32) == 0) {
    std::uint32_t const whole = static_cast<std::uint32_t>(left), by = static_cast<std::uint32_t>(extent);
    left = whole / by;
    return whole % by;
  }
  std::int64_t const index = left % extent;
  left /= extent;
  return index;
}
/// left / by, of numbers that are not negative.
ASHLAR_INLINE ASHLAR_HD constexpr std::int64_t quotient(std::int64_t left, std::int64_t by) {
  take_index(left, by);
  return left;
}
/// Whole quotients, rounded up.
ASHLAR_INLINE ASHLAR_HD constexpr std::int64_t parts_of_size(std::int64_t count, std::int64_t size) {
  return (count + size - 1) / size;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
