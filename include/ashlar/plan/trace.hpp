// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/graph.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// One step by the nodes of the graph: what it computes, and whose memory its operands are.
struct traced_step {
  list<int> nodes;
  list<int> inputs, outputs;  // of a loop: what its arguments and its planned results are outside
  list<std::int64_t> spans;   // bytes from each operand's first element to its last: inputs, outputs, then workspace
};

struct traced_body {
  graph const* planned = nullptr;
  list<traced_step> steps;
  list<char> live;  // whether the outputs need the node
};

/// What the planner leaves behind where it is asked: for each body of the plan its graph and steps, in the order of
/// the plan's tables.
struct plan_trace {
  list<traced_body> bodies;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
