// SPDX-License-Identifier: MIT
#pragma once
#include "support/environment.hpp"

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
  int first(std::size_t k) const { return static_cast<int>(1 + k); }
  int second(std::size_t k) const { return static_cast<int>(1 + count() + k); }
};

/// The text of the first difference between two sets of values, or nothing. Differences count relative to the largest
/// element of a value, or 1; infinities must be equal, NaN must meet NaN.
std::string difference(std::vector<numbers> const& got, std::vector<numbers> const& wanted, double tolerance);
std::string difference(results const& got, results const& wanted, double tolerance);

/// The text of the first gradient, first or second, that is not the slope which central differences of the oracle
/// measure; or nothing.
std::string gradient_difference(recording const& r, proof_layout const& layout, environment const& e);

}  // namespace proof
