// SPDX-License-Identifier: MIT
#pragma once
#include <limits>

#include "support/environment.hpp"

/// The oracle: computes a recorded graph node by node in double, as slowly and plainly as it can, without passes or
/// plan. Rows beyond the valid ones are NaN in every value, so that whatever depends on one shows it.
namespace proof {

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Everything that a recorded program leaves behind.
results interpret(recording const& r, environment const& e);

/// Some of its outputs, and nothing that they do not need.
std::vector<numbers> values_of(recording const& r, environment const& e, std::vector<int> const& outputs);

}  // namespace proof
