// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What a program runs on: the memory of each place, the valid rows, and the keys of its random numbers.
struct run_memory {
  char* arena = nullptr;
  double* scalars = nullptr;
  char* parameters = nullptr;
  char* states = nullptr;
  char* slots = nullptr;
  std::int64_t rows = 0;
  std::uint64_t seed = 0, step = 0;
  int variant = 0;  // of the update
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
