// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/kernel.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Elements [begin, begin + count).
struct kernel_range {
  std::int64_t begin, count;
};

/// The loop nest of a fused kernel over its numbers: axes, row axes, units of axis 0 per valid row, extents, strides.
/// Of one axis it visits the kernel's share.
struct fused_nest {
  kernel_arguments const& args;
  int operands, outputs;
  int axes;
  int row_axes;
  std::int64_t extent[7];
  int shared_axis = -1;    // the axis that is divided; -1: none
  std::int64_t first = 0;  // on it: where the share begins
  bool is_empty = false;

  ASHLAR_INLINE fused_nest(kernel_arguments const& a, int operand_count, int output_count, bool column)
      : args(a),
        operands(operand_count),
        outputs(output_count),
        axes(static_cast<int>(a.numbers[0])),
        row_axes(static_cast<int>(a.numbers[1])) {
    extent[0] = a.numbers[2] ? a.numbers[2] * a.rows : a.numbers[3];
    if (axes > 1 || a.parts > 1) find_extents(column);
  }
  /// The offsets of the first position.
  ASHLAR_INLINE void start(std::int64_t* offset) const {
    for (int o = 0; o < operands; ++o) offset[o] = 0;
    if (shared_axis >= 0) start_share(offset);
  }
  /// The elements of an output that a column kernel sums: in each of so many slices.
  [[gnu::noinline]] kernel_range summed(int output, std::int64_t elements) const {
    if (shared_axis < 0) return {0, elements};
    std::int64_t const apart = stride(operands - outputs + output, shared_axis);
    return {first * apart, extent[shared_axis] * apart};
  }
  [[gnu::noinline]] std::int64_t slices(int output) const {
    return shared_axis > 0 && stride(operands - outputs + output, 0) ? extent[0] : 1;
  }
  ASHLAR_INLINE std::int64_t stride(int operand, int axis) const {
    return args.numbers[3 + axes + operand * axes + axis];
  }

  /// Moves index and the offsets of Operands operands to the next position of axes [begin, end); false after the last
  /// one.
  template <int Operands>
  ASHLAR_INLINE bool advance(std::int64_t* index, std::int64_t* offset, int begin, int end) const {
    if (begin >= end) return false;
    if (index[end - 1] + 1 == extent[end - 1]) return move_on(index, offset, begin, end);
    ++index[end - 1];
    std::int64_t const* const step = args.numbers + 3 + axes + end - 1;
    for (int o = 0; o < Operands; ++o) offset[o] += step[o * axes];
    return true;
  }

 private:
  static constexpr std::int64_t run_unit = 64;  // elements along the innermost axis: whole vectors and cache lines

  ASHLAR_COLD [[gnu::noinline]] void find_extents(bool column) {
    for (int i = 1; i < axes; ++i) extent[i] = args.numbers[3 + i];
    if (args.parts > 1) take_share(column ? column_axis() : row_axis());
  }
  ASHLAR_COLD [[gnu::noinline]] void start_share(std::int64_t* offset) const {
    for (int o = 0; o < operands; ++o) offset[o] = first * stride(o, shared_axis);
  }
  [[gnu::noinline]] bool move_on(std::int64_t* index, std::int64_t* offset, int begin, int end) const {
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
  bool is_written_along(int axis) const {
    for (int o = operands - outputs; o < operands; ++o)
      if (stride(o, axis) == 0) return false;
    return true;
  }
  std::int64_t units(int axis) const {
    return axis == axes - 1 ? (extent[axis] + run_unit - 1) / run_unit : extent[axis];
  }

  /// The outermost axis that is long enough to be divided, or the longest; never one inside a row.
  int row_axis() const {
    int best = -1;
    for (int axis = 0; axis < axes - row_axes; ++axis)
      if (is_written_along(axis) && (best < 0 || (units(best) < 4 * args.parts && units(axis) > units(best))))
        best = axis;
    return best;
  }
  /// The first axis that outputs keep, so that a share of an output is one block. Where sums over an inner axis stand
  /// in a workspace for one slice of axis 0, shares are inside slices.
  int column_axis() const {
    bool const in_slices =
        stride(operands - outputs, 0) != 0 && args.numbers[3 + axes + operands * axes + outputs] != 0;
    for (int axis = in_slices ? 1 : 0; axis < axes; ++axis)
      if (is_written_along(axis)) return axis;
    return -1;
  }
  void take_share(int axis) {
    kernel_share const own(args, axis < 0 ? 1 : extent[axis], axis == axes - 1 ? run_unit : 1);
    is_empty = own.is_empty();
    if (axis < 0) return;
    shared_axis = axis;
    first = own.begin;
    extent[axis] = own.end - own.begin;
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
