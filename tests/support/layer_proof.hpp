// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/train/recorders.hpp>

#include "support/check_graph.hpp"
#include "support/run_compiled.hpp"

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

template <class Input>
struct input_in_double;
template <class T, int... D>
struct input_in_double<input_type<T, D...>> {
  using type = input_type<double, D...>;
};
template <class Net, class Input, int Batch>
using double_proof = layer_proof<Net, typename input_in_double<std::remove_cvref_t<Input>>::type, Batch>;

#if defined(ASHLAR_TEST_DEVICE)
/// See check_recorded.
template <int Batch, class Net, class Input>
void check_layer(Net const&, Input const&, proof_options const& = {}) {}
#else
/// Proves a layer's value and gradients in double for a full batch, a partial one and a single sample, without
/// compiling kernels. Returns what a full batch gives.
template <int Batch, class Net, class Input>
results check_layer(Net const&, Input const&, proof_options options = {}) {
  using recorder = double_proof<Net, Input, Batch>;
  recording r;
  record<recorder>(r);
  results full;
  for (int rows : {1, Batch / 2 + 1, Batch}) {
    CAPTURE(rows);
    options.draws.rows = rows;
    full = check_recording(r, recorder::layout(r.g), draw(r.g, options.draws), options);
  }
  return full;
}
#endif

/// The same by compiled kernels on a partial batch: fused in double, unfused in float.
template <int Batch, class Net, class Input>
void check_compiled_layer(Net const&, Input const&, proof_options options = {}) {
  using recorder = double_proof<Net, Input, Batch>;
  using narrow = layer_proof<Net, std::remove_cvref_t<Input>, Batch>;
  recording r;
  record<as_compiled<recorder>>(r);
  options.draws.rows = Batch / 2 + 1;
  environment const e = draw(r.g, options.draws);
  results const wanted = interpret(r, e);
  CHECK(compiled_difference<cpu_policy<>, recorder>(e, wanted, options.tolerance) == "");
  using unfused = decltype(cpu.with(no_fusion, no_reuse));
  CHECK(compiled_difference<unfused, narrow>(e, wanted, options.float_tolerance) == "");
}

/// A layer's value for a batch of samples given as numbers, by the oracle.
template <int Batch, class Net, class Input>
results apply_layer(Net const&, Input const&, numbers const& samples, std::vector<numbers> const& parameters,
                    std::vector<numbers> const& states = {}) {
  recording r;
  record<prediction_recorder<Net, std::remove_cvref_t<Input>, Batch>>(r);
  environment e;
  e.scalars[0] = Batch;
  e.inputs = {samples};
  e.parameters = parameters;
  e.states = states;
  return interpret(r, e);
}

}  // namespace proof
