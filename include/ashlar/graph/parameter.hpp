// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/dtype.hpp>
#include <ashlar/core/shape.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// How a parameter or state begins.
struct initialiser {
  enum kind_type : unsigned char { constant, uniform, normal };
  kind_type kind = constant;
  double scale = 0;  // the constant; the bound of uniform numbers; the standard deviation of normal ones
};

inline constexpr int max_loop_depth = 2;  // loops within loops that may hold parameters

/// A parameter or state of the network: one occurrence of a layer, or one for each iteration of the loops around it.
struct variable_entry {
  int path = 0;
  char const* field = "";
  dtype type = dtype::float32;
  shape extents{};  // of one iteration's
  initialiser init{};
  bool frozen = false;  // a parameter that training leaves as it is
  int depth = 0;  // loops around it, outermost first
  int count[max_loop_depth]{};
  int region[max_loop_depth]{};
  int node = -1;
  int latest = -1;       // of a state: its value after the last call of the layer
  int latest_call = -1;  // the call that made it
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
