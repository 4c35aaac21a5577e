// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/dtype.hpp>
#include <ashlar/core/shape.hpp>
#include <ashlar/core/square_root.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// How a parameter or state begins.
struct initialiser {
  enum kind_type : unsigned char { constant, uniform, normal, orthogonal };
  kind_type kind = constant;
  double scale = 0;   // the constant; the bound of uniform numbers; the deviation of normal ones; a factor
  double centre = 0;  // of uniform and normal numbers
};

/// How the weights (or biases) of some layers are to begin, whatever their shape: `numbers.scale` divided by the root
/// of how many numbers meet in an output or input, where `fan` names one.
struct initial_rule {
  enum fan_type : unsigned char { none, in, out, average };
  initialiser numbers{};
  fan_type fan = none;
  bool given = false;

  constexpr initialiser of(shape const& s) const {
    initialiser made = numbers;
    if (fan == none || s.rank < 2) return made;
    double field = 1;  // of a convolution's window
    for (int i = 2; i < s.rank; ++i) field *= s[i];
    double const fan_in = field * s[1], fan_out = field * s[0];
    made.scale /= square_root(fan == in ? fan_in : fan == out ? fan_out : (fan_in + fan_out) / 2);
    return made;
  }
};
/// The rules for the layer being recorded.
struct initial_rules {
  initial_rule weight{}, bias{};
};

/// A matrix with its axes swapped.
constexpr shape transposed_shape(shape const& s) {
  shape t = s;
  t.extent[0] = s[1];
  t.extent[1] = s[0];
  return t;
}

/// How a parameter lies in memory. A matrix may lie column by column; or in panels of so many rows, which lie one after
/// the other, each column by column: so threads that compute some outputs each have their part of a weight in one
/// piece, and products read and write it as they do dense matrices.
enum class stored_order : unsigned char { rows, columns, panels };
inline constexpr int panel_columns = 64;  // of what a product with it makes

/// The shape as which a parameter lies.
constexpr shape stored_shape(shape const& s, stored_order order) {
  if (order == stored_order::rows) return s;
  if (order == stored_order::columns) return transposed_shape(s);
  shape panels;
  panels.rank = 3;
  panels.extent[0] = s[0] / panel_columns;
  panels.extent[1] = s[1];
  panels.extent[2] = panel_columns;
  return panels;
}

inline constexpr int max_loop_depth = 2;  // loops within loops that may hold parameters

/// A parameter or state of the network: one occurrence of a layer, or one for each iteration of the loops around it.
struct variable_entry {
  int path = 0;
  char const* field = "";
  dtype type = dtype::float32;
  shape extents{};  // of one iteration's
  initialiser init{};
  stored_order order = stored_order::rows;  // in which it lies, as its node has its axes
  bool frozen = false;                      // a parameter that training leaves as it is
  int depth = 0;                            // loops around it, outermost first
  int count[max_loop_depth]{};
  int region[max_loop_depth]{};
  int node = -1;
  int latest = -1;       // of a state: its value after the last call of the layer
  int latest_call = -1;  // the call that made it
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
