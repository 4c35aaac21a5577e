// SPDX-License-Identifier: MIT
#pragma once
#include "support/environment.hpp"

namespace proof {

/// What a plan says about memory, the same for plans made at run time and for a program's tables.
struct memory_map {
  std::vector<variable_info> inputs, outputs, parameters, states;
  std::int64_t arena_bytes = 0, parameter_bytes = 0, state_bytes = 0, trained_bytes = 0;

  template <class Variables, class Counts>
  static memory_map of(Variables const& v, int inputs, int outputs, int parameters, int states, Counts const& counts) {
    auto copied = [](auto const& from, int n) {
      std::vector<variable_info> to;
      for (int i = 0; i < n; ++i) to.push_back(from[i]);
      return to;
    };
    return {copied(v.inputs, inputs), copied(v.outputs, outputs), copied(v.parameters, parameters),
            copied(v.states, states), counts.arena_bytes,         counts.parameter_bytes,
            counts.state_bytes,       counts.trained_bytes};
  }
};

/// The memory of one run in the plan's own layout. It begins as `fill` (0xff: NaN) in every byte but the elements of
/// parameters, states, slots and valid rows.
class memory_image {
 public:
  memory_image(memory_map const& map, environment const& e, int fill = 0xff);

  char* arena() { return data(arena_); }
  double* scalars() { return scalars_.data(); }
  char* parameters() { return data(parameters_); }
  char* states() { return data(states_); }
  char* slots() { return data(slots_); }

  /// What the run left behind; elements of rows that are not valid read as NaN.
  results read(environment const& e);

 private:
  struct alignas(128) line {
    char bytes[128];
  };
  using memory = std::vector<line>;

  void resize(memory& m, std::int64_t bytes) const;
  static char* data(memory& m) { return reinterpret_cast<char*>(m.data()); }
  char* slot(std::size_t s, std::size_t element);
  dtype parameter_type() const { return map_.parameters[0].type; }

  memory_map map_;
  std::vector<double> scalars_;
  int fill_;
  std::int64_t slot_bytes_;
  memory arena_, parameters_, states_, slots_;
};

}  // namespace proof
