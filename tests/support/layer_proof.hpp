// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/recorders.hpp>

#include "support/check_graph.hpp"

namespace proof {

/// A layer (or network) on a batch of samples, with the gradients for its input and parameters as append_gradients
/// states them, and the new versions of its states.
template <class Net, class Input, int Batch>
struct layer_proof {
  using input_value = typename Input::template batched<Batch>;

  static constexpr void record(recording& r) {
    r.g.batch = Batch;
    r.g.training = true;
    auto x = record_input<input_value>(r, 0, 1);
    int const y = network_function<Net>{}(x).id;
    list<int> variables;
    variables.push(x.id);
    for (variable_entry const& e : r.g.parameters) variables.push(e.node);
    append_gradients(r, y, variables, 1);
    assign_states(r);
  }
  static proof_layout layout(graph const& g) {
    proof_layout l;
    l.variables.push_back({false, 0});
    for (int k = 0; k < g.parameters.size(); ++k) l.variables.push_back({true, k});
    l.weights = 1;
    for (int k = 0; k <= g.parameters.size(); ++k) l.directions.push_back(2 + k);
    return l;
  }
};

}  // namespace proof
