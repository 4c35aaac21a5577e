// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The whole vocabulary: every node of a graph is one of these, every gradient rule emits only these.
enum class op : unsigned char {
  // leaves
  input,      // a tensor the caller supplies
  parameter,  // a trainable tensor of the model
  state,      // a tensor the model carries from step to step (running statistics)
  scalar,     // a number the caller may change between steps (learning rate, the number of valid rows)
  range,      // a whole region (all parameters, one optimizer slot) as one row of numbers
  argument,   // what a loop hands to its body
  constant,   // a number known at compile time
  iota,       // 0, 1, 2, ... along one axis
  random,     // uniform numbers in [0, 1), indexed by (seed, step, stream, element)
  // same storage
  reshape,
  alias,          // a fresh name for a value, so that gradients with respect to it see only this use
  stop_gradient,  // the value, through which no gradient passes
  // pointwise: one operand
  broadcast,
  convert,
  neg,
  exp,
  expm1,
  log,
  log1p,
  tanh,
  sigmoid,
  sqrt,
  rsqrt,
  sin,
  cos,
  erf,
  relu,
  abs,
  sign,
  floor,
  // pointwise: two operands
  add,
  sub,
  mul,
  div,
  pow,
  maximum,
  minimum,
  greater,
  equal,
  assign,  // writes its first operand over its second (a state or range) when everybody has read the old value
  // pointwise: three operands
  select,
  // reductions over a set of axes, which stay as extents of 1
  sum,
  max,
  // kernels of their own
  matmul,
  conv,
  conv_data,      // the gradient of conv with respect to its input
  conv_weight,    // the gradient of conv with respect to its weight
  window_index,   // the position of each window's maximum
  window_take,    // the element of each window at a position
  window_put,     // the sum over windows of what they put at a position
  window_sum,     // the sum of each window
  window_spread,  // the sum over windows of what they put at all of their positions
  permute,
  slice,        // every step-th element along an axis
  pad,          // zeros, with the operand at every step-th place along an axis
  concat,       // two or three values, one after the other along an axis
  cumsum,       // the sum of the elements before and at each place along an axis, or at and after it
  gather,       // the slices at given indices
  scatter,      // zeros, to which slices are added at given indices
  permutation,  // 0 to n - 1 in random order
  custom,       // the user's own
  // several operands
  exchange,  // all gradients as one region, between the backward pass and the update
  loop,
  result,  // one output of a loop
};

inline constexpr int op_count = static_cast<int>(op::result) + 1;

constexpr char const* op_names[op_count] = {
    "input",       "parameter",  "state",      "scalar",        "range",     "argument",  "constant",    "iota",
    "random",      "reshape",    "alias",      "stop_gradient", "broadcast", "convert",   "neg",         "exp",
    "expm1",       "log",        "log1p",      "tanh",          "sigmoid",   "sqrt",      "rsqrt",       "sin",
    "cos",         "erf",        "relu",       "abs",           "sign",      "floor",     "add",         "sub",
    "mul",         "div",        "pow",        "maximum",       "minimum",   "greater",   "equal",       "assign",
    "select",      "sum",        "max",        "matmul",        "conv",      "conv_data", "conv_weight", "window_index",
    "window_take", "window_put", "window_sum", "window_spread", "permute",   "slice",     "pad",         "concat",
    "cumsum",      "gather",     "scatter",    "permutation",   "custom",    "exchange",  "loop",        "result"};

constexpr char const* name_of(op code) { return op_names[static_cast<int>(code)]; }
constexpr bool is_leaf(op code) { return code <= op::argument; }
constexpr bool is_free(op code) { return code >= op::constant && code <= op::random; }
constexpr bool is_view(op code) { return code >= op::reshape && code <= op::stop_gradient; }
constexpr bool is_pointwise(op code) {
  return (code >= op::constant && code <= op::random) || (code >= op::broadcast && code <= op::select);
}
ASHLAR_HD constexpr bool is_reduction(op code) { return code == op::sum || code == op::max; }
constexpr bool is_commutative(op code) {
  return code == op::add || code == op::mul || code == op::maximum || code == op::minimum || code == op::equal;
}

/// Some elements of one value, in some order.
constexpr bool is_move(op code) { return code == op::permute || code == op::slice; }

/// Whether of finite numbers only finite ones come.
constexpr bool keeps_finite(op code) {
  switch (code) {
    case op::reshape:
    case op::alias:
    case op::stop_gradient:
    case op::broadcast:
    case op::neg:
    case op::sin:
    case op::cos:
    case op::erf:
    case op::floor:
    case op::tanh:
    case op::sigmoid:
    case op::relu:
    case op::abs:
    case op::sign:
    case op::maximum:
    case op::minimum:
    case op::greater:
    case op::equal:
    case op::assign:
    case op::select:
    case op::max:
    case op::window_index:
    case op::window_take:
    case op::permute:
    case op::slice:
    case op::pad:
    case op::concat: return true;
    default: return is_leaf(code);
  }
}

/// Whether it gives fractions, which whole numbers do not hold.
constexpr bool gives_fractions(op code) { return code >= op::exp && code <= op::erf; }

/// Pointwise operations that are polynomials, of ten or twenty multiplications.
constexpr bool is_special_function(op code) {
  return (code >= op::exp && code <= op::sigmoid) || (code >= op::sin && code <= op::erf) || code == op::pow;
}
/// Pointwise operations that cost no more than reading or writing their result.
constexpr bool is_cheap(op code) {
  return code == op::neg || code == op::relu || code == op::abs || code == op::add || code == op::sub ||
         code == op::mul || (code >= op::maximum && code <= op::equal) || code == op::select;
}

/// Nodes that cost nothing to make again in every kernel that reads them.
constexpr bool is_inlined(op code) { return (code >= op::constant && code <= op::random) || code == op::broadcast; }

/// What a product has to do with panels of columns: which matrix [k, n] lies as [n / width, k, width].
enum class panel_role : int { none, factor, result };

}  // namespace ashlar::inline ASHLAR_ABI::detail
