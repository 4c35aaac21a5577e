// SPDX-License-Identifier: MIT
#include "support/environment.hpp"

#include <algorithm>
#include <cstring>
#include <random>

namespace proof {

bool is_valid(shape const& s, int rows_per_sample, int valid_rows, std::int64_t i) {
  return !rows_per_sample || i < s.size() / s[0] * rows_per_sample * valid_rows;
}

std::vector<std::int64_t> byte_offsets(variable_info const& v) {
  std::vector<std::int64_t> at;
  for (std::int64_t copy = 0; copy < v.copies(); ++copy) {
    std::int64_t begin = v.at.offset, rest = copy;
    for (int d = v.depth - 1; d >= 0; --d) {
      begin += rest % v.count[d] * v.stride[d];
      rest /= v.count[d];
    }
    for (std::int64_t i = 0; i < v.extents.size(); ++i) at.push_back(begin + i * bytes_of(v.type));
  }
  return at;
}

number load_number(dtype type, char const* from) {
  auto as = [&](auto zero) {
    std::memcpy(&zero, from, sizeof zero);
    return static_cast<number>(zero);
  };
  switch (type) {
    case dtype::float32: return as(0.0f);
    case dtype::float64: return as(0.0);
    case dtype::int32: return as(std::int32_t{});
    case dtype::int64: return as(std::int64_t{});
    default: return as(std::uint8_t{});
  }
}
void store_number(dtype type, char* to, number x) {
  auto as = [&](auto value) { std::memcpy(to, &value, sizeof value); };
  switch (type) {
    case dtype::float32: return as(static_cast<float>(x));
    case dtype::float64: return as(static_cast<double>(x));
    case dtype::int32: return as(static_cast<std::int32_t>(x));
    case dtype::int64: return as(static_cast<std::int64_t>(x));
    default: return as(static_cast<std::uint8_t>(x));
  }
}

namespace {

/// n numbers between low and high, in random order, no two of them closer than half their mean distance: maxima then
/// have no near ties, at which central differences say nothing. Floats, so that float programs start from the same.
numbers draw_apart(std::mt19937& bits, std::int64_t n, double low, double high) {
  numbers all;
  for (std::int64_t i = 0; i < n; ++i)
    all.push_back(static_cast<float>(low + (high - low) * (i + 0.25 + 0.5 * (bits() / 4294967296.0)) / n));
  for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[bits() % i]);
  return all;
}

}  // namespace

environment draw(graph const& g, drawing const& how) {
  std::mt19937 bits(how.number);
  auto uniform = [&](double low, double high) {
    return static_cast<double>(static_cast<float>(low + (high - low) * (bits() / 4294967296.0)));
  };
  environment e;
  e.scalars[0] = how.rows;
  e.seed = 11 + how.number;
  e.step = 3;
  for (int i = 0; i < g.size(); ++i) {
    if (g[i].code != op::input) continue;
    auto const k = static_cast<std::size_t>(g[i].a[0]);
    if (e.inputs.size() <= k) e.inputs.resize(k + 1);
    // Of its own stream: the order in which operands are recorded is the compiler's choice.
    std::mt19937 own(how.number + 1000 * static_cast<unsigned>(k + 1));
    std::int64_t const n = g.extents(i).size();
    if (is_floating(g[i].type))
      e.inputs[k] = draw_apart(own, n, how.low, how.high);
    else
      while (static_cast<std::int64_t>(e.inputs[k].size()) < n) e.inputs[k].push_back(own() % how.classes);
  }
  auto elements = [](variable_entry const& v) {
    std::int64_t n = v.extents.size();
    for (int d = 0; d < v.depth; ++d) n *= v.count[d];
    return n;
  };
  for (variable_entry const& v : g.parameters) {
    e.parameters.emplace_back();
    for (std::int64_t n = elements(v); n > 0; --n) e.parameters.back().push_back(uniform(-1, 1));
  }
  for (variable_entry const& v : g.states) {
    e.states.emplace_back();
    for (std::int64_t n = elements(v); n > 0; --n)
      e.states.back().push_back(is_floating(v.type) ? uniform(0.5, 1.5) : 3);
  }
  return e;
}

void draw_update(environment& e, graph const& g, int slots, int scalars) {
  std::mt19937 bits(static_cast<unsigned>(e.seed));
  auto const n = static_cast<std::int64_t>(region_size(g));
  for (int k = 0; k < slots; ++k) e.slots.push_back(draw_apart(bits, n, -1, 1));
  for (number x : draw_apart(bits, scalars, 0, 1)) e.scalars.push_back(static_cast<double>(x));
}

std::size_t region_size(graph const& g) {
  return g.parameters.empty() ? 0
                              : static_cast<std::size_t>(trained_bytes(g.parameters) / bytes_of(g.parameters[0].type));
}

}  // namespace proof
