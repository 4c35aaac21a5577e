// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/rebuild.hpp>
#include <ashlar/plan/builder.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What a recorder leaves behind: a graph and the nodes its caller wants.
struct recording {
  graph g;
  list<int> outputs;
};

/// Memory of the leaves that a program does not hold in its arena.
constexpr list<placed_node> leaf_memory(graph const& g, list<variable_info>& parameters, list<variable_info>& states,
                                        plan_counts& counts) {
  list<placed_node> leaves;
  parameters = lay_out(g.parameters, parameter_place, counts.parameter_bytes, counts.trained_bytes);
  states = lay_out(g.states, state_place, counts.state_bytes);
  for (int k = 0; k < parameters.size(); ++k) {
    counts.parameters += parameters[k].elements();
    if (g.parameters[k].node >= 0)
      leaves.push({g.parameters[k].node, parameters[k].at, parameters[k].depth ? parameters[k].stride[0] : 0});
  }
  for (int k = 0; k < states.size(); ++k)
    if (g.states[k].node >= 0) leaves.push({g.states[k].node, states[k].at, states[k].depth ? states[k].stride[0] : 0});
  for (int i = 0; i < g.size(); ++i) {
    if (g[i].code != op::range) continue;
    int const slot = g[i].a[0];
    address at{parameter_place, 0};
    if (slot > 0) at = {slot_place, (slot - 1) * aligned(counts.trained_bytes)};
    leaves.push({i, at, 0});
  }
  return leaves;
}

/// Everything a plan is, in pools that grow: `make_plan` fills it at compile time, or at run time under a debugger or
/// sanitizer.
struct full_plan {
  plan_builder pools;
  list<variable_info> parameters, states, inputs, outputs;
  int top = 0;

  constexpr explicit full_plan(pass_options options) : pools(options) {}
};

constexpr void name_variables(graph const& g, list<variable_entry> const& entries, list<variable_info>& infos,
                              list<char>& names) {
  for (int k = 0; k < entries.size(); ++k) {
    infos[k].name = names.size();
    g.paths.write(entries[k].path, names);
    if (names.size() > infos[k].name) names.push('.');
    for (char const* c = entries[k].field; *c; ++c) names.push(*c);
    infos[k].name_length = names.size() - infos[k].name;
  }
}

/// Plans a recorded graph: dead code, fusion, schedule, liveness, memory.
constexpr void make_plan(graph& g, list<int> const& outputs, full_plan& p) {
  list<placed_node> leaves = leaf_memory(g, p.parameters, p.states, p.pools.counts);
  list<placed_node> fixed;
  for (int o : outputs)
    if (g[o].code != op::assign) fixed.push({o, {}, 0});
  std::int64_t bytes = 0;
  p.top = p.pools.plan(g, leaves, fixed, bytes);
  p.pools.bodies[p.top].places = operand_place;
  p.pools.counts.kernels = p.pools.kernel_begin.size() - 1;
  name_variables(g, g.parameters, p.parameters, p.pools.names);
  name_variables(g, g.states, p.states, p.pools.names);
  auto describe = [&](placed_node const& f) {
    variable_info v;
    v.type = g[f.node].type;
    v.extents = g.extents(f.node);
    v.at = f.at;
    v.rows = g[f.node].rows;
    return v;
  };
  for (placed_node const& f : fixed) p.outputs.push(describe(f));
  for (placed_node const& f : p.pools.inputs()) {  // by ordinal
    while (p.inputs.size() <= g[f.node].a[0]) p.inputs.push({});
    variable_info& v = p.inputs[g[f.node].a[0]];
    v = describe(f);
    if (g[f.node].a[0] < g.index_limits.size()) v.index_limit = g.index_limits[g[f.node].a[0]];
    if (g[f.node].a[0] < g.ignored_indices.size()) v.ignored_index = g.ignored_indices[g[f.node].a[0]];
  }
}

/// The sizes of a plan's pools.
struct plan_sizes {
  int steps = 0, operands = 0, numbers = 0, constants = 0, loops = 0, bindings = 0, bodies = 0, code = 0, kernels = 0;
  int parameters = 0, states = 0, inputs = 0, outputs = 0, paths = 0, names = 0, operations = 0, customs = 0;

  constexpr bool fits(plan_sizes const& o) const {
    return steps <= o.steps && operands <= o.operands && numbers <= o.numbers && constants <= o.constants &&
           loops <= o.loops && bindings <= o.bindings && bodies <= o.bodies && code <= o.code && kernels <= o.kernels &&
           parameters <= o.parameters && states <= o.states && inputs <= o.inputs && outputs <= o.outputs &&
           paths <= o.paths && names <= o.names && operations <= o.operations && customs <= o.customs;
  }
};

constexpr plan_sizes sizes_of(full_plan const& p) {
  return {p.pools.steps.size(),
          p.pools.operands.size(),
          p.pools.numbers.size(),
          p.pools.constants.size(),
          p.pools.loops.size(),
          p.pools.bindings.size(),
          p.pools.bodies.size(),
          p.pools.kernel_code.size(),
          p.pools.kernel_begin.size(),
          p.parameters.size(),
          p.states.size(),
          p.inputs.size(),
          p.outputs.size(),
          p.pools.paths.size(),
          p.pools.names.size(),
          p.pools.operations.size(),
          p.pools.customs.size()};
}

/// A plan frozen into tables of exactly its size (an extent of 0 becomes 1).
template <int Steps, int Operands, int Numbers, int Constants, int Loops, int Bindings, int Bodies, int Code,
          int Kernels, int Parameters, int States, int Inputs, int Outputs, int Paths, int Names, int Operations,
          int Customs>
struct plan_tables {
  plan_sizes sizes{};
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
  copy_pool(p.values, z.operands, t.values);
  copy_pool(p.operations, z.operations, t.operations);
  copy_pool(p.paths, z.paths, t.paths);
  copy_pool(p.names, z.names, t.names);
  copy_pool(p.numbers, z.numbers, t.numbers);
  copy_pool(p.constants, z.constants, t.constants);
  copy_pool(p.customs, z.customs, t.customs);
  copy_pool(p.loops, z.loops, t.loops);
  copy_pool(p.bindings, z.bindings, t.bindings);
  copy_pool(p.bodies, z.bodies, t.bodies);
  copy_pool(p.kernel_begin, z.kernels, t.kernel_begin);
  t.counts = p.counts;
}
template <class From, class To>
constexpr void copy_variables(From const& p, plan_sizes const& z, To& t) {
  t.top = p.top;
  copy_pool(p.parameters, z.parameters, t.parameters);
  copy_pool(p.states, z.states, t.states);
  copy_pool(p.inputs, z.inputs, t.inputs);
  copy_pool(p.outputs, z.outputs, t.outputs);
}

/// Records a program and cleans up: Recorder::record(recording&) makes the graph. Where the graph refused something,
/// `clean` has only that and the paths.
template <class Recorder>
constexpr void record_and_rebuild(recording& clean) {
  recording raw;
  Recorder::record(raw);
  clean.g.refused = raw.g.refused;
  if (raw.g.refused.why != refusal::none) {
    clean.g.paths = raw.g.paths;
    return;
  }
  clean.outputs = raw.outputs;
  rebuild(raw.g, clean.g, clean.outputs);
  clean.g.index_limits = raw.g.index_limits;
  clean.g.ignored_indices = raw.g.ignored_indices;
}

/// Records, rebuilds and plans: the pipeline as one function. A refusal takes the place of a plan.
template <class Recorder>
constexpr void run_pipeline(full_plan& p, recording& clean) {
  record_and_rebuild<Recorder>(clean);
  if (clean.g.refused.why == refusal::none) return make_plan(clean.g, clean.outputs, p);
  p.pools.counts.refused = clean.g.refused.why;
  p.pools.counts.refused_at = clean.g.refused.at.line;
  clean.g.paths.write(clean.g.refused.path, p.pools.names);
}

/// The program of a recorder, as constexpr tables. Evaluated once, into tables that are large enough, then copied into
/// exact ones.
template <class Recorder, bool Fuse = true, bool Reuse = true>
struct program {
  using recorder = Recorder;
  static constexpr pass_options options{Fuse, Reuse};

  template <int Scale>
  static constexpr tables_of<roomy_sizes<Scale>> make() {
    tables_of<roomy_sizes<Scale>> t;
    full_plan p(options);
    recording clean;
    run_pipeline<Recorder>(p, clean);
    plan_sizes const z = sizes_of(p);
    t.sizes = z;
    if (!z.fits(roomy_sizes<Scale>::value)) return t;
    copy_tables(p.pools, z, t);
    copy_pool(p.pools.kernel_code, z.code, t.code);
    copy_variables(p, z, t);
    return t;
  }
  template <int Scale>
  struct stage {
    static constexpr tables_of<roomy_sizes<Scale>> tables = make<Scale>();  // too large? -fconstexpr-steps=N
    static constexpr bool fits = tables.sizes.fits(roomy_sizes<Scale>::value);
  };
  template <int Scale>
  static constexpr int fitting_scale() {
    // In this order: where the compiler gave up on `tables`, `fits` is neither true nor false.
    if constexpr (Scale == largest_scale)
      return Scale;
    else if constexpr (stage<Scale>::fits)
      return Scale;
    else
      return fitting_scale<8 * Scale>();
  }
  static constexpr int largest_scale = 64;  // about 8,000 steps
  static constexpr int scale = fitting_scale<1>();
  struct exact {
    static constexpr plan_sizes value = stage<scale>::tables.sizes;
  };
  static_assert(stage<scale>::fits, "ashlar: this network's plan is larger than the tables for plans; use repeat<N>");
  static constexpr auto freeze() {
    tables_of<exact> t;
    auto const& s = stage<scale>::tables;
    copy_tables(s, exact::value, t);
    copy_pool(s.code, exact::value.code, t.code);
    copy_variables(s, exact::value, t);
    return t;
  }
  static constexpr tables_of<exact> tables = freeze();
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
