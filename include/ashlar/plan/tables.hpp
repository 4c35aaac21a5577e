// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/dtype.hpp>
#include <ashlar/core/list.hpp>
#include <ashlar/core/shape.hpp>
#include <ashlar/graph/node.hpp>
#include <ashlar/graph/parameter.hpp>
#include <ashlar/graph/refusal.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Where operands of a step lie. A body of a loop has its own arena (the scratch of the call) and, from `operand` on,
/// one place for each argument and each result.
enum place_class : std::int16_t { arena_place, scalar_place, parameter_place, state_place, slot_place, operand_place };

struct address {
  std::int16_t place = -1;
  std::int64_t offset = 0;  // bytes
};

/// What lies at an operand of a step: which of its numbers there are to look at.
struct operand_value {
  dtype type = dtype::boolean;
  int slices[2]{1, 1};        // blocks of iterations, which lie apart
  std::int64_t apart[2]{};    // bytes between them
  std::int64_t elements = 0;  // of a block
  std::int64_t per_row = 0;   // elements that belong to a valid row; 0: all are valid
};
/// An operation of a step that may make numbers which are not finite of numbers which are, and where it comes from.
struct operation_entry {
  op code = op::constant;
  int path = 0;  // the layer, as an index into the paths
  place at{};    // the user's file and line
};

/// One kernel launch (kernel >= 0) or one loop (kernel -1, `loop`).
struct step_entry {
  int kernel = -1;
  int loop = -1;
  int operands = 0;  // first in the address pool: inputs, outputs, then the workspace where there is one
  int operand_count = 0;
  int inputs = 0, outputs = 0;  // of the operands
  int numbers = 0;
  int constants = 0;
  int path = 0;  // the layer, as an index into the paths
  int operations = 0, operation_count = 0;
  int variant = 0;         // of the update; 0: runs always
  int phases = 1;          // of its kernel
  std::int64_t work = -1;  // estimated nanoseconds on one thread; negative: its kernel does not divide its work
};

struct loop_entry {
  int body = 0;
  int count = 0;
  bool reversed = false;
  int carries = 0, arguments = 0, results = 0;
  int bindings = 0;  // first in the binding pool: arguments, then results
  std::int64_t scratch = 0;
};
/// One operand or result of a loop: where it lies and how far apart the iterations' slices are; a carry has two
/// slots in the scratch besides.
struct loop_binding {
  address at{};
  std::int64_t stride = 0;
  std::int64_t slot = 0, slot_bytes = 0;
};

struct body_entry {
  int first_step = 0, step_count = 0;
  int places = 0;
};

/// A parameter, state, input or output of a program.
struct variable_info {
  int name = 0, name_length = 0;  // in the pool of characters; '\1' stands for an iteration
  dtype type = dtype::float32;
  shape extents{};  // of one iteration's
  initialiser init{};
  stored_order order = stored_order::rows;
  int depth = 0;
  int count[max_loop_depth]{};
  std::int64_t stride[max_loop_depth]{};  // bytes between iterations
  address at{};
  int rows = 0;
  int index_limit = 0;    // of an input: its numbers index 0 to index_limit - 1; 0: they are no indices
  int ignored_index = 0;  // and this one, which nothing has; 0: no other

  constexpr std::int64_t copies() const {
    std::int64_t n = 1;
    for (int i = 0; i < depth; ++i) n *= count[i];
    return n;
  }
  constexpr std::int64_t elements() const { return extents.size() * copies(); }
};

/// What a plan is in numbers.
struct plan_counts {
  std::int64_t parameters = 0;  // elements
  std::int64_t arena_bytes = 0;
  std::int64_t arena_bytes_without_reuse = 0;
  std::int64_t parameter_bytes = 0, state_bytes = 0;
  std::int64_t trained_bytes = 0;  // of the parameters that are not frozen
  double flops = 0;
  double bytes_moved = 0, bytes_at_least = 0;
  int nodes = 0, steps = 0, kernels = 0;
  refusal refused = refusal::none;  // then there is no plan, and `names` holds the path of the layer
  int refused_at = 0;               // the line of the user's source; not positive: not known
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
