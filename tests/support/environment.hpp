// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <ashlar/plan/program.hpp>

/// What the proofs of the tests share: the oracle that interprets graphs, runners of plans, and their comparison.
namespace proof {

using namespace ashlar;
using namespace ashlar::detail;

/// A value of any dtype and shape, in row-major order.
using numbers = std::vector<double>;

/// Everything a program reads, whatever runs it.
struct environment {
  std::vector<numbers> inputs;              // by ordinal, of the whole batch; what unused rows hold must not matter
  numbers scalars{0};                       // the number of valid rows, then the optimizer's
  std::vector<numbers> parameters, states;  // by entry; those of loops stacked
  std::vector<numbers> slots;               // each as long as the region of all parameters
  std::uint64_t seed = 0, step = 0;
  int variant = 0;  // of the update

  int rows() const { return static_cast<int>(scalars[0]); }
};

/// Everything a program leaves behind.
struct results {
  std::vector<numbers> outputs;
  std::vector<numbers> parameters, states, slots;
};

/// Whether a value's element i belongs to a valid row (k rows of axis 0 per sample; 0: all are valid).
inline bool is_valid(shape const& s, int rows_per_sample, int valid_rows, std::int64_t i) {
  return !rows_per_sample || i < s.size() / s[0] * rows_per_sample * valid_rows;
}

/// For each element of a parameter or state, its byte offset in the region: iterations lie apart.
inline std::vector<std::int64_t> byte_offsets(variable_info const& v) {
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

inline double load_number(dtype type, char const* from) {
  auto as = [&](auto zero) {
    std::memcpy(&zero, from, sizeof zero);
    return static_cast<double>(zero);
  };
  switch (type) {
    case dtype::float32: return as(0.0f);
    case dtype::float64: return as(0.0);
    case dtype::int32: return as(std::int32_t{});
    case dtype::int64: return as(std::int64_t{});
    default: return as(std::uint8_t{});
  }
}
inline void store_number(dtype type, char* to, double number) {
  auto as = [&](auto value) { std::memcpy(to, &value, sizeof value); };
  switch (type) {
    case dtype::float32: return as(static_cast<float>(number));
    case dtype::float64: return as(number);
    case dtype::int32: return as(static_cast<std::int32_t>(number));
    case dtype::int64: return as(static_cast<std::int64_t>(number));
    default: return as(static_cast<std::uint8_t>(number));
  }
}

/// How random environments are drawn.
struct drawing {
  double low = -2, high = 2;  // of floating inputs
  int classes = 2;            // integer inputs are 0 to classes - 1
  int rows = 0;
  unsigned number = 1;
};

/// Draws everything that a recorded program reads. Parameters lie in +-1; states begin as variances do, positive.
inline environment draw(graph const& g, drawing const& how) {
  std::mt19937 bits(how.number);
  auto uniform = [&](double low, double high) {  // floats, so that float programs start from the same numbers
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
    for (std::int64_t n = g.extents(i).size(); n > 0; --n)
      e.inputs[k].push_back(is_floating(g[i].type) ? uniform(how.low, how.high) : bits() % how.classes);
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

/// The length of the region of all parameters, in elements.
inline std::size_t region_size(graph const& g) {
  std::int64_t bytes = 0;
  lay_out(g, g.parameters, parameter_place, bytes);
  return g.parameters.empty() ? 0 : static_cast<std::size_t>(bytes / bytes_of(g.parameters[0].type));
}

}  // namespace proof
