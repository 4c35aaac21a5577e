// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Of iteration i of a loop around iterations of key k the key is k * iteration_key + i + 1; outside it is 0.
inline constexpr std::uint64_t iteration_key = 1000003;

/// Looks at every kernel call of a program while it runs.
struct step_watch {
  /// Whether the step is to run.
  virtual bool before(int step, char* const* operands, std::uint64_t iteration) = 0;
  virtual void after(int step, char* const* operands, std::uint64_t iteration) = 0;

 protected:
  ~step_watch() = default;
};

/// The names of what a step is given; where one is empty, its number stands for it.
struct given_names {
  char const* const* arguments = nullptr;  // of the inputs, then the targets
  int inputs = 0;
  int first_weight = 0, weights = 0;  // the scalars that weigh losses, which have the targets' names
};

/// What a program runs on: the memory of each place, the valid rows, and the keys of its random numbers.
struct run_memory {
  // The places, and what kernels are told, lie apart: compilers would copy two neighbours at once, which waits until
  // both have been stored.
  char* arena = nullptr;
  std::int64_t rows = 0;
  double* scalars = nullptr;
  std::uint64_t seed = 0;
  char* parameters = nullptr;
  std::uint64_t step = 0;
  char* states = nullptr;
  char* const* inputs = nullptr;  // where they lie, if not in the arena
  char* slots = nullptr;
  int variant = 0;  // of the update
  step_watch* watch = nullptr;
  given_names const* names = nullptr;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
