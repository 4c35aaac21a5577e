// SPDX-License-Identifier: MIT
#pragma once
#include "support/layer_proof.hpp"

namespace proof {

/// A training step of a network in double (or float) for batches of at most Batch rows.
template <class T, class Net, class Input, class Objective, class Optimizer, int Batch>
struct step_of;
template <class T, class Net, class U, int... D, class Objective, class Optimizer, int Batch>
struct step_of<T, Net, input_type<U, D...>, Objective, Optimizer, Batch> {
  using recorder = training_recorder<Net, input_type<T, D...>, void, Objective, Optimizer, Batch>;
};

/// The scalars and the variant of step number e.step, as a trainer writes them.
template <class Optimizer>
void set_scalars(environment& e, Optimizer const& o, int rows) {
  e.variant = o.variant() + phase_at<Optimizer>(static_cast<std::int64_t>(e.step)) + 1;
  e.scalars.assign(static_cast<std::size_t>(Optimizer::scalars) + 1, 0);
  e.scalars[0] = rows;
  o.write_scalars(static_cast<std::int64_t>(e.step), e.scalars.data() + 1);
}
/// What a trainer's first step begins with: random samples, parameters and states, slots of zeros.
template <class Optimizer>
environment first_step(recording const& r, Optimizer const& o, drawing const& how) {
  environment e = draw(r.g, how);
  e.step = 1;
  e.slots.assign(static_cast<std::size_t>(Optimizer::slots), numbers(region_size(r.g), 0));
  set_scalars(e, o, how.rows);
  return e;
}
/// What the next step begins with, on the same samples.
template <class Optimizer>
environment next_step(environment e, results const& after, Optimizer const& o) {
  e.parameters = after.parameters;
  e.states = after.states;
  e.slots = after.slots;
  ++e.step;
  set_scalars(e, o, e.rows());
  return e;
}
/// The same step for a network whose batch is exactly the valid rows.
inline environment exact_batch(environment e, int batch) {
  for (numbers& x : e.inputs) x.resize(x.size() / static_cast<std::size_t>(batch) * static_cast<std::size_t>(e.rows()));
  return e;
}

}  // namespace proof
