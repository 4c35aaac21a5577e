// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/graph.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

struct kernel_arguments;

/// What a node of a user's primitive needs of it: how its gradient is stated, and what computes it.
struct custom_primitive {
  /// Writes into given[k] the gradient for operand k (-1: none), given the gradient d of node id.
  void (*gradient)(graph& g, int id, int d, int* given) = nullptr;
  void (*cpu_kernel)(kernel_arguments const&) = nullptr;
  /// Launches what computes it on a GPU, given the device backend's launch_arguments; returns the runtime's status.
  int (*gpu_launch)(void const* arguments) = nullptr;
  bool has_gpu_launch = false;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
