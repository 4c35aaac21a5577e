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
  alias,  // a fresh name for a value, so that gradients with respect to it see only this use
  // pointwise: one operand
  broadcast,
  convert,
  neg,
  exp,
  log,
  tanh,
  sigmoid,
  sqrt,
  rsqrt,
  relu,
  abs,
  sign,
  // pointwise: two operands
  add,
  sub,
  mul,
  div,
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
  conv_data,     // the gradient of conv with respect to its input
  conv_weight,   // the gradient of conv with respect to its weight
  window_index,  // the position of each window's maximum
  window_take,   // the element of each window at a position
  window_put,    // the sum over windows of what they put at a position
  permute,
  // several operands
  exchange,  // all gradients as one region, between the backward pass and the update
  loop,
  result,  // one output of a loop
};

inline constexpr int op_count = static_cast<int>(op::result) + 1;

constexpr char const* op_names[op_count] = {
    "input",       "parameter",  "state",   "scalar",    "range",   "argument",  "constant",    "iota",
    "random",      "reshape",    "alias",   "broadcast", "convert", "neg",       "exp",         "log",
    "tanh",        "sigmoid",    "sqrt",    "rsqrt",     "relu",    "abs",       "sign",        "add",
    "sub",         "mul",        "div",     "maximum",   "minimum", "greater",   "equal",       "assign",
    "select",      "sum",        "max",     "matmul",    "conv",    "conv_data", "conv_weight", "window_index",
    "window_take", "window_put", "permute", "exchange",  "loop",    "result"};

constexpr char const* name_of(op code) { return op_names[static_cast<int>(code)]; }
constexpr bool is_leaf(op code) { return code <= op::argument; }
constexpr bool is_free(op code) { return code >= op::constant && code <= op::random; }
constexpr bool is_view(op code) { return code == op::reshape || code == op::alias; }
constexpr bool is_pointwise(op code) {
  return (code >= op::constant && code <= op::random) || (code >= op::broadcast && code <= op::select);
}
constexpr bool is_reduction(op code) { return code == op::sum || code == op::max; }
constexpr bool is_commutative(op code) {
  return code == op::add || code == op::mul || code == op::maximum || code == op::minimum || code == op::equal;
}

/// Nodes that cost nothing to make again in every kernel that reads them.
constexpr bool is_inlined(op code) { return (code >= op::constant && code <= op::random) || code == op::broadcast; }

}  // namespace ashlar::inline ASHLAR_ABI::detail
