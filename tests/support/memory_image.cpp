// SPDX-License-Identifier: MIT
#include "support/memory_image.hpp"

#include <cstring>
#include <limits>

namespace proof {
namespace {

void scatter(std::vector<variable_info> const& places, std::vector<numbers> const& from, char* to) {
  for (std::size_t k = 0; k < places.size(); ++k) {
    std::vector<std::int64_t> const at = byte_offsets(places[k]);
    for (std::size_t i = 0; i < at.size(); ++i) store_number(places[k].type, to + at[i], from[k][i]);
  }
}
std::vector<numbers> gathered(std::vector<variable_info> const& places, char const* from) {
  std::vector<numbers> all;
  for (variable_info const& v : places) {
    all.emplace_back();
    for (std::int64_t at : byte_offsets(v)) all.back().push_back(load_number(v.type, from + at));
  }
  return all;
}

}  // namespace

memory_image::memory_image(memory_map const& map, environment const& e, int fill)
    : map_(map), scalars_(e.scalars), fill_(fill), slot_bytes_(aligned(map.trained_bytes)) {
  resize(arena_, map.arena_bytes);
  resize(parameters_, map.parameter_bytes);
  resize(states_, map.state_bytes);
  resize(slots_, static_cast<std::int64_t>(e.slots.size()) * slot_bytes_);
  for (std::size_t k = 0; k < map.inputs.size(); ++k) {
    variable_info const& v = map.inputs[k];
    for (std::int64_t i = 0; i < v.extents.size(); ++i)
      if (is_valid(v.extents, v.rows, e.rows(), i))
        store_number(v.type, arena() + v.at.offset + i * bytes_of(v.type), e.inputs[k][static_cast<std::size_t>(i)]);
  }
  scatter(map.parameters, e.parameters, parameters());
  scatter(map.states, e.states, states());
  for (std::size_t s = 0; s < e.slots.size(); ++s)
    for (std::size_t i = 0; i < e.slots[s].size(); ++i) store_number(parameter_type(), slot(s, i), e.slots[s][i]);
}

results memory_image::read(environment const& e) {
  results r;
  for (variable_info const& v : map_.outputs) {
    r.outputs.emplace_back();
    for (std::int64_t i = 0; i < v.extents.size(); ++i)
      r.outputs.back().push_back(is_valid(v.extents, v.rows, e.rows(), i)
                                     ? load_number(v.type, arena() + v.at.offset + i * bytes_of(v.type))
                                     : std::numeric_limits<double>::quiet_NaN());
  }
  r.parameters = gathered(map_.parameters, parameters());
  r.states = gathered(map_.states, states());
  for (std::size_t s = 0; s < e.slots.size(); ++s) {
    r.slots.emplace_back();
    for (std::size_t i = 0; i < e.slots[s].size(); ++i)
      r.slots.back().push_back(load_number(parameter_type(), slot(s, i)));
  }
  return r;
}

void memory_image::resize(memory& m, std::int64_t bytes) const {
  m.resize(static_cast<std::size_t>(bytes + 127) / 128);
  for (line& l : m) std::memset(l.bytes, fill_, sizeof l.bytes);
}
char* memory_image::slot(std::size_t s, std::size_t element) {
  return slots() + static_cast<std::int64_t>(s) * slot_bytes_ +
         static_cast<std::int64_t>(element) * bytes_of(parameter_type());
}

}  // namespace proof
