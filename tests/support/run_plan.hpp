// SPDX-License-Identifier: MIT
#pragma once
#include "support/environment.hpp"

namespace proof {

/// A plan of a recorded program, made while the test runs, and run with the reference kernels. The recording is copied:
/// planning adds nodes.
struct planned {
  recording r;
  full_plan plan;

  planned(recording const& from, pass_options options);
  results run(environment const& e) const;
  plan_counts const& counts() const { return plan.pools.counts; }
};

}  // namespace proof
