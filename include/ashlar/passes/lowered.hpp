// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/list.hpp>
#include <ashlar/graph/custom.hpp>
#include <ashlar/graph/op.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What a kernel's integer pack begins with.
enum class kernel_kind : int {
  row,
  column,
  matmul,
  strided_matmul,
  conv,
  conv_data,
  conv_weight,
  window_index,
  window_take,
  window_put,
  window_sum,
  window_spread,
  move,
  pad,
  concat,
  cumsum,
  gather,
  scatter,
  permutation,
  custom
};
constexpr char const* name_of(kernel_kind k) {
  constexpr char const* names[] = {
      "row",          "column",      "matmul",     "strided_matmul", "conv",          "conv_data", "conv_weight",
      "window_index", "window_take", "window_put", "window_sum",     "window_spread", "move",      "pad",
      "concat",       "cumsum",      "gather",     "scatter",        "permutation",   "custom"};
  static_assert(sizeof names / sizeof names[0] == static_cast<int>(kernel_kind::custom) + 1);
  return names[static_cast<int>(k)];
}

/// Whether the kernels of a kind divide their work among threads: each computes its share, and all shares together are
/// bit for bit what one thread computes.
constexpr bool divides_work(kernel_kind k) { return k <= kernel_kind::scatter; }

/// How an operand of a fused kernel is read or written.
enum class element : int { float32, float64, int32, int64, byte, iota, random, scalar };
/// What a lane of a fused kernel holds: a number of the kernel's floating type, such a number rounded to float32, such
/// a 0 or 1, or a whole number in as many bits.
enum class lane_type : int { floating, single, truth, uint8, int32, int64 };
ASHLAR_HD constexpr bool is_whole(lane_type t) { return t >= lane_type::uint8; }
/// How it moves along the innermost axis.
enum class access : int { splat, contiguous, strided };

/// One kernel call in the making: its key (the integer pack), and what it reads at run time.
struct lowered {
  list<int> code;
  list<std::int64_t> numbers;
  list<double> constants;
  list<int> inputs;            // nodes; of a free input (iota, random) the node itself
  list<int> outputs;           // nodes
  std::int64_t workspace = 0;  // bytes
  int phases = 1;              // in which the kernel is called, one after the other
  std::int64_t bytes = 0;      // that are read and written, where operands are read in part; 0: all of them
  double flops = 0;
  double nanoseconds = 0;  // that are spent beside arithmetic and memory
  custom_primitive const* custom = nullptr;
};

/// What a kernel call costs on one thread, in nanoseconds: a rough estimate, from the bytes of its operands. What a
/// core's own cache holds is there from step to step, and divided it would move between cores.
constexpr std::int64_t estimated_work(lowered const& l, std::int64_t bytes) {
  kernel_kind const kind = static_cast<kernel_kind>(l.code[0]);
  if (!divides_work(kind)) return -1;
  bool const is_fused = kind == kernel_kind::row || kind == kernel_kind::column;
  bool const is_product = kind >= kernel_kind::matmul && kind <= kernel_kind::conv_weight;
  double const flops_per_nanosecond = is_product ? 128 : is_fused ? 16 : 4;
  std::int64_t const bytes_per_nanosecond = bytes <= (std::int64_t{1} << 20) ? 64 : 16;
  return static_cast<std::int64_t>(l.flops / flops_per_nanosecond + l.nanoseconds) + bytes / bytes_per_nanosecond;
}

/// Layout of the code of a fused kernel (row or column): a head, then inputs, instructions and outputs.
struct fused_code {
  static constexpr int kind = 0, wide = 1, inputs = 2, instructions = 3, outputs = 4, passes = 5, head = 6;
  static constexpr int input_size = 2;        // element and lane type, access
  static constexpr int instruction_size = 6;  // op and lane type, level (0 full, 1 row), stage, three operands
  static constexpr int output_size = 4;       // instruction, element, access, level
  static constexpr int lane_unit = 64;        // of lane types, which stand above ops and elements

  ASHLAR_HD static constexpr int with_lane(int code, lane_type t) { return code + lane_unit * static_cast<int>(t); }
  ASHLAR_HD static constexpr int without_lane(int code) { return code % lane_unit; }
  ASHLAR_HD static constexpr lane_type lane_in(int code) { return static_cast<lane_type>(code / lane_unit); }
};
static_assert(op_count <= fused_code::lane_unit);
/// Operands of an instruction: >= 0 another instruction, from -1 down an input, from constant_base down a constant,
/// from whole_constant_base down a constant that is a whole number.
inline constexpr int constant_base = -1000;
inline constexpr int whole_constant_base = -2000;

}  // namespace ashlar::inline ASHLAR_ABI::detail
