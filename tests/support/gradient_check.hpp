// SPDX-License-Identifier: MIT
#pragma once
#include "support/interpreter.hpp"

namespace proof {

/// Where a proof's recording keeps what: outputs are y, then the first gradient of s = sum(y * weights) for each
/// variable, then the second: of t = sum over variables of sum(first * direction), for each variable and the weights.
struct proof_layout {
  struct variable {
    bool is_parameter;
    int index;  // of the parameter or input
  };
  std::vector<variable> variables;
  int weights = 0;              // an input
  std::vector<int> directions;  // an input for each variable

  std::size_t count() const { return variables.size(); }
  std::size_t first(std::size_t k) const { return 1 + k; }
  std::size_t second(std::size_t k) const { return 1 + count() + k; }
};

/// The text of the first difference between two sets of values, or nothing. Differences count relative to the largest
/// element of a value, or 1; infinities must be equal, NaN must meet NaN.
inline std::string difference(std::vector<numbers> const& got, std::vector<numbers> const& wanted, double tolerance) {
  if (got.size() != wanted.size()) return "the numbers of values differ";
  for (std::size_t v = 0; v < got.size(); ++v) {
    if (got[v].size() != wanted[v].size()) return "value " + std::to_string(v) + " has another size";
    double scale = 1;
    for (double x : wanted[v])
      if (std::isfinite(x)) scale = std::max(scale, std::fabs(x));
    for (std::size_t i = 0; i < got[v].size(); ++i) {
      double const a = got[v][i], b = wanted[v][i];
      if (a == b || (a != a && b != b) || std::fabs(a - b) <= tolerance * scale) continue;
      return "value " + std::to_string(v) + ", element " + std::to_string(i) + " of " + std::to_string(got[v].size()) +
             ": " + std::to_string(a) + ", wanted " + std::to_string(b) + " (off by " +
             std::to_string((a - b) / scale) + " of the scale)";
    }
  }
  return "";
}
inline std::string difference(results const& got, results const& wanted, double tolerance) {
  for (auto part : {&results::outputs, &results::parameters, &results::states, &results::slots}) {
    std::string d = difference(got.*part, wanted.*part, tolerance);
    if (part == &results::outputs && !d.empty()) return "output " + d;
    if (!d.empty())
      return (part == &results::parameters ? "parameter " : part == &results::states ? "state " : "slot ") + d;
  }
  return "";
}

/// Central differences of what the oracle computes, in double.
class gradient_check {
 public:
  gradient_check(recording const& r, proof_layout const& layout, environment const& e) : r_(r), l_(layout), e_(e) {}

  /// The text of the first gradient that is not the slope of its function, or nothing.
  std::string run() {
    interpreter in(r_.g, e_);
    for (std::size_t k = 0; k < l_.count(); ++k) {
      std::string d = compare("the first gradient for variable " + std::to_string(k), values(l_.variables[k]),
                              in.value(r_.outputs[static_cast<int>(l_.first(k))]),
                              [&](environment const& e) { return weighted(e); });
      if (!d.empty()) return d;
    }
    for (std::size_t k = 0; k <= l_.count(); ++k) {
      numbers environment_value =
          k < l_.count() ? values(l_.variables[k]) : e_.inputs[static_cast<std::size_t>(l_.weights)];
      std::string d = compare(
          "the second gradient for variable " + std::to_string(k), environment_value,
          in.value(r_.outputs[static_cast<int>(l_.second(k))]), [&](environment const& e) { return directed(e); },
          k < l_.count() ? l_.variables[k] : proof_layout::variable{false, l_.weights});
      if (!d.empty()) return d;
    }
    return "";
  }

 private:
  numbers const& values(proof_layout::variable v) const {
    return (v.is_parameter ? e_.parameters : e_.inputs)[static_cast<std::size_t>(v.index)];
  }
  static double dot(numbers const& a, numbers const& b) {
    double s = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i] == a[i]) s += a[i] * b[i];  // NaN: a row that is not valid
    return s;
  }
  double weighted(environment const& e) const {
    return dot(interpreter(r_.g, e).value(r_.outputs[0]), e.inputs[static_cast<std::size_t>(l_.weights)]);
  }
  double directed(environment const& e) const {
    interpreter in(r_.g, e);
    double t = 0;
    for (std::size_t k = 0; k < l_.count(); ++k)
      t += dot(in.value(r_.outputs[static_cast<int>(l_.first(k))]),
               e.inputs[static_cast<std::size_t>(l_.directions[k])]);
    return t;
  }

  template <class F>
  std::string compare(std::string const& what, numbers const& at, numbers const& gradient, F f) {
    for (std::size_t k = 0; k < l_.count(); ++k)
      if (&values(l_.variables[k]) == &at) return compare(what, at, gradient, f, l_.variables[k]);
    return what + " belongs to nothing";
  }
  template <class F>
  std::string compare(std::string const& what, numbers const& at, numbers const& gradient, F f,
                      proof_layout::variable v) {
    if (gradient.size() != at.size()) return what + " has another size than its variable";
    std::mt19937 bits(5);
    bool const each = at.size() <= 12;  // one coordinate after the other, or all at once in random directions
    for (std::size_t n = 0; n < (each ? at.size() : 5); ++n) {
      numbers direction(at.size(), 0);
      for (std::size_t i = 0; i < at.size(); ++i)
        if (gradient[i] == gradient[i]) direction[i] = each ? i == n : static_cast<double>(bits() % 2001) / 1000 - 1;
      double magnitude = 1;
      for (std::size_t i = 0; i < at.size(); ++i)
        if (direction[i] != 0) magnitude += std::fabs(gradient[i] * direction[i]);
      auto moved = [&](double h) {
        environment e = e_;
        numbers& x = (v.is_parameter ? e.parameters : e.inputs)[static_cast<std::size_t>(v.index)];
        for (std::size_t i = 0; i < x.size(); ++i) x[i] += h * direction[i];
        return f(e);
      };
      // Truncation h^4 f'''''/30, rounding 1e-16 f/h: both far below the tolerance for h = 1e-4.
      double const h = 1e-4;
      double const slope = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
      double const stated = dot(gradient, direction);
      if (!(std::fabs(slope - stated) <= 1e-7 * magnitude))
        return what + ": " + std::to_string(stated) + ", central differences give " + std::to_string(slope) +
               (each ? " at element " + std::to_string(n) : " in a random direction");
    }
    return "";
  }

  recording const& r_;
  proof_layout const& l_;
  environment const& e_;
};

}  // namespace proof
