// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/plan/builder.hpp>
#include <ashlar/plan/recording.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Everything a plan is, in pools that grow: `make_plan` fills it at compile time, or at run time under a debugger or
/// sanitizer.
struct full_plan : placed_variables {
  pass_options options;
  list<planned_graph> graphs;
  drafts drafted;
  list<drafts const*> parts;
  plan_builder pools;
  list<variable_info> inputs, outputs;
  int top = 0;

  constexpr explicit full_plan(pass_options o) : options(o), pools(graphs, *this, parts, o.reuse) {}
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

/// Memory of the leaves that a program does not hold in its arena.
constexpr list<placed_node> leaf_memory(graph const& g, placed_variables const& variables) {
  list<placed_node> leaves;
  auto place = [&](list<variable_entry> const& entries, list<variable_info> const& placed) {
    for (int k = 0; k < placed.size(); ++k)
      if (entries[k].node >= 0) leaves.push({entries[k].node, placed[k].at});
  };
  place(g.parameters, variables.parameters);
  place(g.states, variables.states);
  for (int i = 0; i < g.size(); ++i) {
    if (g.nodes.items[i].code != op::range) continue;
    int const slot = g[i].a[0];
    address at{parameter_place, 0};
    if (slot > 0) at = {slot_place, (slot - 1) * aligned(variables.trained_bytes)};
    leaves.push({i, at});
  }
  return leaves;
}

/// Gives a program memory, whose steps are drafted.
constexpr void place_plan(graph const& g, list<int> const& outputs, full_plan& p) {
  plan_counts& counts = p.pools.counts;
  counts.parameter_bytes = p.parameter_bytes;
  counts.trained_bytes = p.trained_bytes;
  counts.state_bytes = p.state_bytes;
  for (variable_info const& v : p.parameters) counts.parameters += v.elements();
  list<placed_node> fixed;
  for (int o : outputs)
    if (g[o].code != op::assign) fixed.push({o, {}});
  std::int64_t bytes = 0;
  p.pools.name_paths();
  p.top = p.pools.place(0, leaf_memory(g, p), fixed, bytes);
  p.pools.bodies[p.top].places = operand_place;
  counts.kernels = p.pools.kernel_begin.size() - 1;
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

/// Plans a recorded graph: dead code, fusion, schedule, liveness, memory.
constexpr void make_plan(graph& g, list<int> const& wanted, full_plan& p) {
  list<int> outputs = wanted;
  give_own_memory(g, outputs);
  collect_graphs(g, -1, 1, p.graphs);
  p.place_variables(g);
  for (int k = 0; k < p.graphs.size(); ++k) fuse(p.graphs, k, outputs, p.options);
  number_drafts(p.graphs);
  write_drafts(p.graphs, p, p.options.winograd, 0, 1 << 30, p.drafted);
  p.parts.push(&p.drafted);
  place_plan(g, outputs, p);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
