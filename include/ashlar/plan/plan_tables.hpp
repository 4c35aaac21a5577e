// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/plan/frozen_recording.hpp>
#include <ashlar/plan/full_plan.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The sizes of a plan's pools.
struct plan_sizes {
  int steps = 0, operands = 0, numbers = 0, constants = 0, loops = 0, bindings = 0, bodies = 0, code = 0, kernels = 0;
  int parameters = 0, states = 0, inputs = 0, outputs = 0, paths = 0, names = 0, operations = 0, customs = 0;

  /// Without what drafts hold.
  constexpr plan_sizes without_drafts() const {
    plan_sizes z = *this;
    z.numbers = z.constants = z.operations = 0;
    return z;
  }
  constexpr bool fits(plan_sizes const& o) const {
    return steps <= o.steps && operands <= o.operands && numbers <= o.numbers && constants <= o.constants &&
           loops <= o.loops && bindings <= o.bindings && bodies <= o.bodies && code <= o.code && kernels <= o.kernels &&
           parameters <= o.parameters && states <= o.states && inputs <= o.inputs && outputs <= o.outputs &&
           paths <= o.paths && names <= o.names && operations <= o.operations && customs <= o.customs;
  }
};

constexpr plan_sizes sizes_of(full_plan const& p) {
  plan_sizes z;
  z.steps = p.pools.steps.size();
  z.operands = p.pools.operands.size();
  z.loops = p.pools.loops.size();
  z.bindings = p.pools.bindings.size();
  z.bodies = p.pools.bodies.size();
  z.code = p.pools.kernel_code.size();
  z.kernels = p.pools.kernel_begin.size();
  z.parameters = p.parameters.size();
  z.states = p.states.size();
  z.inputs = p.inputs.size();
  z.outputs = p.outputs.size();
  z.paths = p.pools.paths.size();
  z.names = p.pools.names.size();
  z.customs = p.pools.customs.size();
  for (drafts const* d : p.parts) {
    z.numbers += d->numbers.size();
    z.constants += d->constants.size();
    z.operations += d->operations.size();
  }
  return z;
}

/// A plan frozen into tables of exactly its size (an extent of 0 becomes 1).
template <int Steps, int Operands, int Numbers, int Constants, int Loops, int Bindings, int Bodies, int Code,
          int Kernels, int Parameters, int States, int Inputs, int Outputs, int Paths, int Names, int Operations,
          int Customs>
struct plan_tables {
  plan_sizes sizes{};
  recording_size recorded{};  // where the recording is larger than what is planned in one constant: there is no plan
  plan_counts counts{};
  int top = 0;
  step_entry steps[Steps + 1]{};
  address operands[Operands + 1]{};
  operand_value values[Operands + 1]{};
  operation_entry operations[Operations + 1]{};
  std::int64_t numbers[Numbers + 1]{};
  double constants[Constants + 1]{};
  loop_entry loops[Loops + 1]{};
  loop_binding bindings[Bindings + 1]{};
  body_entry bodies[Bodies + 1]{};
  int code[Code + 1]{};
  int kernel_begin[Kernels + 1]{};
  variable_info parameters[Parameters + 1]{}, states[States + 1]{}, inputs[Inputs + 1]{}, outputs[Outputs + 1]{};
  int paths[Paths + 1]{};
  char names[Names + 1]{};
  custom_primitive const* customs[Customs + 1]{};
};

template <class From, class To>
constexpr void copy_pool(From const& from, int count, To& to) {
  for (int i = 0; i < count; ++i) to[i] = from[i];
}

/// Sizes that are tried in turn: 1, 8, 64 ... times a plan of a hundred steps.
template <int Scale>
struct roomy_sizes {
  static constexpr plan_sizes value{128 * Scale, 768 * Scale,  3072 * Scale, 384 * Scale, 12 * Scale, 192 * Scale,
                                    12 * Scale,  4096 * Scale, 96 * Scale,   48 * Scale,  24 * Scale, 16,
                                    32,          192 * Scale,  1536 * Scale, 256 * Scale, 16 * Scale};
};

template <int Scale>
struct roomy_sizes_without_drafts {
  static constexpr plan_sizes value = roomy_sizes<Scale>::value.without_drafts();
};

/// Tables of a size.
template <class Sizes>
using tables_of =
    plan_tables<Sizes::value.steps, Sizes::value.operands, Sizes::value.numbers, Sizes::value.constants,
                Sizes::value.loops, Sizes::value.bindings, Sizes::value.bodies, Sizes::value.code, Sizes::value.kernels,
                Sizes::value.parameters, Sizes::value.states, Sizes::value.inputs, Sizes::value.outputs,
                Sizes::value.paths, Sizes::value.names, Sizes::value.operations, Sizes::value.customs>;

template <class From, class To>
constexpr void copy_tables(From const& p, plan_sizes const& z, To& t) {
  t.sizes = z;
  copy_pool(p.steps, z.steps, t.steps);
  copy_pool(p.operands, z.operands, t.operands);
  copy_pool(p.paths, z.paths, t.paths);
  copy_pool(p.names, z.names, t.names);
  copy_pool(p.customs, z.customs, t.customs);
  copy_pool(p.loops, z.loops, t.loops);
  copy_pool(p.bindings, z.bindings, t.bindings);
  copy_pool(p.bodies, z.bodies, t.bodies);
  copy_pool(p.kernel_begin, z.kernels, t.kernel_begin);
  t.counts = p.counts;
}
/// What drafts hold, one part behind the other.
template <class To>
constexpr void copy_drafts(list<drafts const*> const& parts, To& t) {
  int values = 0, operations = 0, numbers = 0, constants = 0;
  for (drafts const* d : parts) {
    for (operand_value const& v : d->values) t.values[values++] = v;
    for (operation_entry const& o : d->operations) t.operations[operations++] = o;
    for (std::int64_t n : d->numbers) t.numbers[numbers++] = n;
    for (double c : d->constants) t.constants[constants++] = c;
  }
}
template <class From, class To>
constexpr void copy_drafts(From const& p, plan_sizes const& z, To& t) {
  copy_pool(p.values, z.operands, t.values);
  copy_pool(p.operations, z.operations, t.operations);
  copy_pool(p.numbers, z.numbers, t.numbers);
  copy_pool(p.constants, z.constants, t.constants);
}
template <class From, class To>
constexpr void copy_variables(From const& p, plan_sizes const& z, To& t) {
  copy_pool(p.parameters, z.parameters, t.parameters);
  copy_pool(p.states, z.states, t.states);
}
template <class From, class To>
constexpr void copy_ends(From const& p, plan_sizes const& z, To& t) {
  t.top = p.top;
  copy_pool(p.inputs, z.inputs, t.inputs);
  copy_pool(p.outputs, z.outputs, t.outputs);
}
/// All but what drafts hold.
template <class To>
constexpr void copy_plan(full_plan const& p, plan_sizes const& z, To& t) {
  copy_tables(p.pools, z, t);
  copy_pool(p.pools.kernel_code, z.code, t.code);
  copy_variables(p, z, t);
  copy_ends(p, z, t);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
