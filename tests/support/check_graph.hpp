// SPDX-License-Identifier: MIT
#pragma once
#include "support/append_gradients.hpp"
#include "support/interpreter.hpp"
#include "support/run_plan.hpp"
#include "support/shapes.hpp"

namespace proof {

/// What is true of the second gradient of sum(y * weights): whether it is zero everywhere.
enum class second { zero, nonzero };

/// Of double kernels against the oracle, which sums in another order.
inline constexpr double double_tolerance = 1e-12;

/// How a proof runs.
struct proof_options {
  drawing draws{};
  second derivative = second::nonzero;
  double tolerance = double_tolerance;
  /// Of float against double, relative to each value's largest element: a unit in the last place is 6e-8, functions
  /// are within 3, sums here have at most a few hundred terms.
  double float_tolerance = 2e-5;
};

/// Records and rebuilds as the library does, at run time. A program of the cpu policy may have weights in panels:
/// record<as_compiled<Recorder>> is what it records.
template <class Recorder>
void record(recording& clean) {
  recording raw;
  Recorder::record(raw);
  clean.outputs = raw.outputs;
  rebuild(raw.g, clean.g, clean.outputs);
}

/// Every plan of a recorded program, fused and unfused, with and without reuse of memory, against what is wanted.
void check_plans(recording const& r, environment const& e, results const& wanted, double tolerance);

/// Gradients by central differences, then all plans. Returns what the oracle computes.
results check_recording(recording const& r, proof_layout const& layout, environment const& e,
                        proof_options const& options);

/// Proves what `build(graph, inputs)` makes of double inputs of these shapes; nothing is compiled for it.
template <class Build>
results check_graph(std::vector<shape> const& inputs, Build build, proof_options const& options = {}) {
  recording raw, r;
  proof_layout layout;
  list<int> variables;
  for (shape const& s : inputs) {
    layout.variables.push_back({false, variables.size()});
    variables.push(add_leaf(raw.g, op::input, dtype::float64, s, 0, variables.size()));
  }
  layout.weights = variables.size();
  for (int k = 0; k < variables.size(); ++k) layout.directions.push_back(layout.weights + 1 + k);
  append_gradients(raw, build(raw.g, variables), variables, layout.weights);
  r.outputs = raw.outputs;
  rebuild(raw.g, r.g, r.outputs);
  return check_recording(r, layout, draw(r.g, options.draws), options);
}

}  // namespace proof
