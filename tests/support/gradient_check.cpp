// SPDX-License-Identifier: MIT
#include "support/gradient_check.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "support/interpreter.hpp"

namespace proof {

std::string difference(std::vector<numbers> const& got, std::vector<numbers> const& wanted, double tolerance) {
  if (got.size() != wanted.size()) return "the numbers of values differ";
  for (std::size_t v = 0; v < got.size(); ++v) {
    if (got[v].size() != wanted[v].size()) return "value " + std::to_string(v) + " has another size";
    double scale = 1;
    for (double x : wanted[v])
      if (std::isfinite(x)) scale = std::max(scale, std::fabs(x));
    for (std::size_t i = 0; i < got[v].size(); ++i) {
      number const a = got[v][i], b = wanted[v][i];
      if (a == b || (a != a && b != b) || std::fabs(a - b) <= tolerance * scale) continue;
      return "value " + std::to_string(v) + ", element " + std::to_string(i) + " of " + std::to_string(got[v].size()) +
             ": " + std::to_string(a) + ", wanted " + std::to_string(b) + " (off by " +
             std::to_string((a - b) / scale) + " of the scale)";
    }
  }
  return "";
}
std::string difference(results const& got, results const& wanted, double tolerance) {
  for (auto part : {&results::outputs, &results::parameters, &results::states, &results::slots}) {
    std::string d = difference(got.*part, wanted.*part, tolerance);
    if (part == &results::outputs && !d.empty()) return "output " + d;
    if (!d.empty())
      return (part == &results::parameters ? "parameter " : part == &results::states ? "state " : "slot ") + d;
  }
  return "";
}

namespace {

/// Central differences of what the oracle computes, in double.
class slopes {
 public:
  slopes(recording const& r, proof_layout const& layout, environment const& e) : r_(r), l_(layout), e_(e) {}

  std::string run() const {
    proof_layout::variable const weights{false, l_.weights};
    for (std::size_t k = 0; k < l_.count(); ++k) {
      std::string d = compare(l_.variables[k], l_.first(k), [&](environment const& e) { return weighted(e); });
      if (!d.empty()) return "first gradient, variable " + std::to_string(k) + ": " + d;
    }
    for (std::size_t k = 0; k <= l_.count(); ++k) {
      std::string d = compare(k < l_.count() ? l_.variables[k] : weights, l_.second(k),
                              [&](environment const& e) { return directed(e); });
      if (!d.empty()) return "second gradient, variable " + std::to_string(k) + ": " + d;
    }
    return "";
  }

 private:
  static numbers& value_in(environment& e, proof_layout::variable v) {
    return (v.is_parameter ? e.parameters : e.inputs)[static_cast<std::size_t>(v.index)];
  }
  /// The sum of the products of an output's valid elements.
  double dot(int output, numbers const& a, numbers const& b) const {
    node const& n = r_.g[r_.outputs[output]];
    double s = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (is_valid(n.extents, n.rows, e_.rows(), static_cast<std::int64_t>(i))) s += a[i] * b[i];
    return s;
  }
  double weighted(environment const& e) const {
    return dot(0, values_of(r_, e, {0})[0], e.inputs[static_cast<std::size_t>(l_.weights)]);
  }
  double directed(environment const& e) const {
    std::vector<int> outputs;
    for (std::size_t k = 0; k < l_.count(); ++k) outputs.push_back(l_.first(k));
    std::vector<numbers> const first = values_of(r_, e, outputs);
    double t = 0;
    for (std::size_t k = 0; k < l_.count(); ++k)
      t += dot(outputs[k], first[k], e.inputs[static_cast<std::size_t>(l_.directions[k])]);
    return t;
  }

  template <class F>
  std::string compare(proof_layout::variable v, int output, F f) const {
    numbers const gradient = values_of(r_, e_, {output})[0];
    environment moving = e_;
    numbers const at = value_in(moving, v);
    if (gradient.size() != at.size()) return "it has another size than its variable";
    std::mt19937 bits(5);
    bool const each = at.size() <= 12;  // one coordinate after the other, or all at once in random directions
    for (std::size_t n = 0; n < (each ? at.size() : 5); ++n) {
      numbers direction(at.size(), 0);
      for (std::size_t i = 0; i < at.size(); ++i)
        direction[i] = each ? i == n : static_cast<double>(bits() % 2001) / 1000 - 1;
      auto moved = [&](double h) {
        numbers& x = value_in(moving, v);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = at[i] + h * direction[i];
        return f(moving);
      };
      // Truncation is h^4 / 30 of the fifth derivative, rounding 1e-16 f / h: both far below the tolerance here.
      double const h = 1e-4;
      double const slope = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
      double const stated = dot(output, gradient, direction);
      double magnitude = 1;
      for (std::size_t i = 0; i < at.size(); ++i)
        if (std::isfinite(gradient[i])) magnitude += std::fabs(gradient[i] * direction[i]);
      if (!(std::fabs(slope - stated) <= 1e-7 * magnitude))
        return std::to_string(stated) + ", central differences give " + std::to_string(slope) +
               (each ? " at element " + std::to_string(n) : " in a random direction");
    }
    return "";
  }

  recording const& r_;
  proof_layout const& l_;
  environment const& e_;
};

}  // namespace

std::string gradient_difference(recording const& r, proof_layout const& layout, environment const& e) {
  return slopes(r, layout, e).run();
}

}  // namespace proof
