// SPDX-License-Identifier: MIT
#pragma once
#include <doctest/doctest.h>

#include "support/stated_gradient.hpp"
#include "support/step_proof.hpp"

namespace proof {

/// What a function of values returns for inputs given as numbers, by the oracle.
template <class F, class... X>
numbers value_at(std::vector<numbers> const& inputs) {
  recording r;
  record<function_recorder<F, X...>>(r);
  environment e;
  e.inputs = inputs;
  return interpret(r, e).outputs[0];
}

#if defined(ASHLAR_TEST_DEVICE)
/// See check_recorded.
template <class Loss>
void check_partial_loss(Loss const&) {}
#else
/// Proves a loss of three outputs on 5 rows of a batch of 8: a training step, by every plan, is that of a network of
/// exactly that batch.
template <class Loss>
void check_partial_loss(Loss const&) {
  using network = std::remove_cvref_t<decltype(linear<4> | tanh | linear<3>)>;
  using spec = input_type<double, 2>;
  sgd const o{.learning_rate = 0.5f};
  recording wide, exact;
  record<training_recorder<network, spec, void, Loss, sgd, 8>>(wide);
  record<training_recorder<network, spec, void, Loss, sgd, 5>>(exact);
  environment const e = first_step(wide, o, {.classes = 3, .rows = 5});
  results const wanted = interpret(wide, e);
  CHECK(difference(wanted, interpret(exact, exact_batch(e, 8)), 1e-12) == "");
  check_plans(wide, e, wanted, double_tolerance);
  for (std::size_t k = 0; k < e.parameters.size(); ++k) CHECK((wanted.parameters[k] != e.parameters[k]));
}
#endif

}  // namespace proof
