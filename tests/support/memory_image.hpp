// SPDX-License-Identifier: MIT
#pragma once
#include "support/environment.hpp"

namespace proof {

/// What a plan says about memory, the same for plans made at run time and for a program's tables.
struct memory_map {
  std::vector<variable_info> inputs, outputs, parameters, states;
  std::int64_t arena_bytes = 0, parameter_bytes = 0, state_bytes = 0;

  template <class Variables, class Counts>
  static memory_map of(Variables const& v, int inputs, int outputs, int parameters, int states, Counts const& counts) {
    auto copied = [](auto const& from, int n) {
      std::vector<variable_info> to;
      for (int i = 0; i < n; ++i) to.push_back(from[i]);
      return to;
    };
    return {copied(v.inputs, inputs), copied(v.outputs, outputs), copied(v.parameters, parameters),
            copied(v.states, states), counts.arena_bytes,         counts.parameter_bytes,
            counts.state_bytes};
  }
};

/// The memory of one run in the plan's own layout. It begins as `fill` (0xff: NaN) in every byte but the elements of
/// parameters, states, slots and valid rows.
class memory_image {
 public:
  memory_image(memory_map const& map, environment const& e, int fill = 0xff)
      : map_(map), scalars_(e.scalars), fill_(fill) {
    resize(arena_, map.arena_bytes);
    resize(parameters_, map.parameter_bytes);
    resize(states_, map.state_bytes);
    slot_bytes_ = aligned(map.parameter_bytes);
    resize(slots_, static_cast<std::int64_t>(e.slots.size()) * slot_bytes_);
    for (std::size_t k = 0; k < map.inputs.size(); ++k) {
      variable_info const& v = map.inputs[k];
      for (std::int64_t i = 0; i < v.extents.size(); ++i)
        if (is_valid(v.extents, v.rows, e.rows(), i))
          store_number(v.type, data(arena_) + v.at.offset + i * bytes_of(v.type),
                       e.inputs[k][static_cast<std::size_t>(i)]);
    }
    scatter(map.parameters, e.parameters, data(parameters_));
    scatter(map.states, e.states, data(states_));
    for (std::size_t s = 0; s < e.slots.size(); ++s)
      for (std::size_t i = 0; i < e.slots[s].size(); ++i)
        store_number(parameter_type(), slot(s) + static_cast<std::int64_t>(i) * bytes_of(parameter_type()),
                     e.slots[s][i]);
  }

  char* arena() { return data(arena_); }
  double* scalars() { return scalars_.data(); }
  char* parameters() { return data(parameters_); }
  char* states() { return data(states_); }
  char* slots() { return data(slots_); }

  /// What the run left behind; elements of rows that are not valid read as NaN.
  results read(environment const& e) {
    results r;
    for (variable_info const& v : map_.outputs) {
      r.outputs.emplace_back();
      for (std::int64_t i = 0; i < v.extents.size(); ++i)
        r.outputs.back().push_back(is_valid(v.extents, v.rows, e.rows(), i)
                                       ? load_number(v.type, data(arena_) + v.at.offset + i * bytes_of(v.type))
                                       : std::numeric_limits<double>::quiet_NaN());
    }
    r.parameters = gathered(map_.parameters, data(parameters_));
    r.states = gathered(map_.states, data(states_));
    for (std::size_t s = 0; s < e.slots.size(); ++s) {
      r.slots.emplace_back();
      for (std::size_t i = 0; i < e.slots[s].size(); ++i)
        r.slots.back().push_back(
            load_number(parameter_type(), slot(s) + static_cast<std::int64_t>(i) * bytes_of(parameter_type())));
    }
    return r;
  }

 private:
  struct alignas(128) line {
    char bytes[128];
  };
  using memory = std::vector<line>;

  void resize(memory& m, std::int64_t bytes) const {
    m.resize(static_cast<std::size_t>(bytes + 127) / 128);
    for (line& l : m) std::memset(l.bytes, fill_, sizeof l.bytes);
  }
  static char* data(memory& m) { return reinterpret_cast<char*>(m.data()); }
  char* slot(std::size_t s) { return data(slots_) + static_cast<std::int64_t>(s) * slot_bytes_; }
  dtype parameter_type() const { return map_.parameters[0].type; }

  static void scatter(std::vector<variable_info> const& places, std::vector<numbers> const& from, char* to) {
    for (std::size_t k = 0; k < places.size(); ++k) {
      std::vector<std::int64_t> const at = byte_offsets(places[k]);
      for (std::size_t i = 0; i < at.size(); ++i) store_number(places[k].type, to + at[i], from[k][i]);
    }
  }
  static std::vector<numbers> gathered(std::vector<variable_info> const& places, char const* from) {
    std::vector<numbers> all;
    for (variable_info const& v : places) {
      all.emplace_back();
      for (std::int64_t at : byte_offsets(v)) all.back().push_back(load_number(v.type, from + at));
    }
    return all;
  }

  memory_map map_;
  numbers scalars_;
  int fill_;
  memory arena_, parameters_, states_, slots_;
  std::int64_t slot_bytes_ = 0;
};

}  // namespace proof
