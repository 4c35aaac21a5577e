// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/kernel_values.hpp>

/// Reductions of many elements to few results would keep a few blocks of a GPU busy. They are divided into parts, each
/// reduced by a team of its own into a workspace; then what the parts have come to is put together in their order. How
/// many there are depends on the extents alone, so that every run gives the same bits.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// How so many units of so many packets are divided.
struct reduction_parts {
  static constexpr std::int64_t teams = 1024;       // as many as the largest GPUs run at once
  static constexpr std::int64_t least = 1024;       // packets of a part: four to a thread of a block
  static constexpr std::int64_t worth = 4 * least;  // packets of a unit: fewer take less time than another launch
  std::int64_t count = 1, size = 0;

  ASHLAR_INLINE ASHLAR_HD explicit constexpr reduction_parts(std::int64_t units, std::int64_t packets) : size(packets) {
    if (packets < worth || 2 * units > teams) return;
    std::int64_t const most = quotient(packets, least), wanted = quotient(teams, units);
    size = parts_of_size(packets, wanted < most ? wanted : most);
    count = parts_of_size(packets, size);
  }
};
/// Of a kernel's step, by its numbers.
template <class Functor>
ASHLAR_INLINE ASHLAR_HD constexpr reduction_parts parts_of_step(std::int64_t const* numbers) {
  return reduction_parts(Functor::units(numbers), Functor::packets(numbers));
}

/// A part of a unit of Whole to a team. Behind the operands lies a workspace.
template <class Whole>
struct functor_in_parts {
  using whole = Whole;
  using work = typename whole::work;
  using program = typename whole::program;
  using registers = typename whole::registers;
  static constexpr int operands = whole::operands + 1;
  static constexpr bool cooperates = true;

  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* numbers) {
    return whole::units(numbers) * parts_of_step<whole>(numbers).count;
  }
  static std::int64_t packets(std::int64_t const* numbers) { return parts_of_step<whole>(numbers).size; }

 protected:
  /// What the parts of a unit have come to in a reduction, one behind the other; all kinds of T are of one size.
  template <class T>
  ASHLAR_INLINE ASHLAR_HD T* results(std::int64_t reduction, std::int64_t unit, std::int64_t count) const {
    return reinterpret_cast<T*>(given.operands[whole::operands]) +
           (reduction * whole::units(given.numbers) + unit) * count;
  }
  /// Bytes of workspace that so many reductions to results of so many bytes take.
  static constexpr std::int64_t room(std::int64_t const* numbers, std::int64_t reductions, std::int64_t bytes) {
    std::int64_t const count = parts_of_step<whole>(numbers).count;
    return count == 1 ? 0 : count * whole::units(numbers) * reductions * bytes;
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
