// SPDX-License-Identifier: MIT
#include "support/check_graph.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace proof {

void check_plans(recording const& r, environment const& e, results const& wanted, double tolerance) {
  planned const both(r, {true, true}), fused(r, {true, false}), reusing(r, {false, true}), neither(r, {false, false});
  CHECK(difference(both.run(e), wanted, tolerance) == "");
  CHECK(difference(fused.run(e), wanted, tolerance) == "");
  CHECK(difference(reusing.run(e), wanted, tolerance) == "");
  CHECK(difference(neither.run(e), wanted, tolerance) == "");
  CHECK(difference(planned(r, {true, true, false, true}).run(e), wanted, tolerance) == "");
  CHECK(both.counts().steps == fused.counts().steps);
  CHECK(reusing.counts().steps == neither.counts().steps);
  CHECK(both.counts().arena_bytes <= fused.counts().arena_bytes);
  CHECK(reusing.counts().arena_bytes <= neither.counts().arena_bytes);
  CHECK(both.counts().steps <= neither.counts().steps);
  bool const plans_differ =
      both.counts().steps < neither.counts().steps || reusing.counts().arena_bytes < neither.counts().arena_bytes;
  CHECK(plans_differ);
}

results check_recording(recording const& r, proof_layout const& layout, environment const& e,
                        proof_options const& options) {
  CHECK(gradient_difference(r, layout, e) == "");
  results const wanted = interpret(r, e);
  double largest = 0;
  for (std::size_t k = 0; k < layout.count(); ++k)
    for (double x : wanted.outputs[static_cast<std::size_t>(layout.second(k))])
      if (x == x) largest = std::max(largest, std::fabs(x));
  CHECK((options.derivative == second::nonzero ? largest > 1e-3 : largest == 0));
  check_plans(r, e, wanted, options.tolerance);
  return wanted;
}

}  // namespace proof
