// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/kernel.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The loop nest of a fused kernel over its numbers: axes, row axes, units of axis 0 per valid row, extents, strides.
struct fused_nest {
  kernel_arguments const& args;
  int operands;
  int axes;
  int row_axes;
  std::int64_t extent[7];

  [[gnu::noinline]] fused_nest(kernel_arguments const& a, int operand_count) : args(a), operands(operand_count) {
    axes = static_cast<int>(a.numbers[0]);
    row_axes = static_cast<int>(a.numbers[1]);
    for (int i = 0; i < axes; ++i) extent[i] = a.numbers[3 + i];
    if (a.numbers[2]) extent[0] = a.numbers[2] * a.rows;
  }
  ASHLAR_INLINE std::int64_t stride(int operand, int axis) const {
    return args.numbers[3 + axes + operand * axes + axis];
  }

  /// Moves index and offsets to the next position of axes [begin, end); false after the last one.
  [[gnu::noinline]] bool advance(std::int64_t* index, std::int64_t* offset, int begin, int end) const {
    for (int axis = end - 1; axis >= begin; --axis) {
      if (++index[axis] < extent[axis]) {
        for (int o = 0; o < operands; ++o) offset[o] += stride(o, axis);
        return true;
      }
      index[axis] = 0;
      for (int o = 0; o < operands; ++o) offset[o] -= stride(o, axis) * (extent[axis] - 1);
    }
    return false;
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
