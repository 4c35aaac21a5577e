// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/kernel.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// to[i] = the sum of element i of all blocks of so many elements, in their order: a share of it.
template <class T>
void sum_of_blocks(kernel_arguments const& args, T const* blocks, std::int64_t count, std::int64_t size, T* to) {
  kernel_share const own(args, size, 64);
  for (std::int64_t i = own.begin; i < own.end; ++i) to[i] = blocks[i];
  for (std::int64_t b = 1; b < count; ++b)
    for (std::int64_t i = own.begin; i < own.end; ++i) to[i] += blocks[b * size + i];
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
