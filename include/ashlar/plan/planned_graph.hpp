// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/fusion.hpp>
#include <ashlar/passes/own_memory.hpp>
#include <ashlar/plan/layout.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A graph of a program, the recorded one or a loop's body, and what is found out about it before it has memory.
struct planned_graph {
  graph* g = nullptr;
  int parent = -1;           // the number of the graph around
  loop* owner = nullptr;     // the loop whose body it is
  std::int64_t repeats = 1;  // how often it runs in a step
  int first_path = 0;        // of its paths among all
  int first_draft = 0;       // of its steps among all that are drafted
  list<int> outputs;
  grouping groups;

  /// How many of its steps are kernels.
  constexpr int kernel_steps() const {
    int n = 0;
    for (int m : groups.order) n += groups.groups[m].kind <= group::single;
    return n;
  }
};

/// The graphs of a program: each before the bodies of its loops.
constexpr void collect_graphs(graph& g, int parent, std::int64_t repeats, list<planned_graph>& all) {
  g.number = all.size();
  planned_graph p;
  p.g = &g;
  p.parent = parent;
  p.owner = g.owner;
  p.repeats = repeats;
  if (!all.empty()) p.first_path = all.back().first_path + all.back().g->paths.size();
  all.push(p);
  for (loop* l : g.loops) collect_graphs(*l->body, g.number, repeats * l->count, all);
}

/// The outputs of a loop's body: those results that the graph around needs.
constexpr list<int> outputs_of_body(planned_graph const& body, planned_graph const& around) {
  list<int> outputs;
  loop const& l = *body.owner;
  if (!around.groups.live[l.node]) return outputs;
  for (int k : used_results(l, around.groups.live)) outputs.push(l.results[k]);
  return outputs;
}

/// Groups the nodes of one graph; the graph around has its groups.
constexpr void fuse(list<planned_graph>& all, int number, list<int> const& outputs, pass_options options) {
  planned_graph& p = all[number];
  p.outputs = outputs;
  if (number) p.outputs = outputs_of_body(p, all[p.parent]);
  p.groups = fusion(*p.g, p.outputs, options).run();
}

constexpr void number_drafts(list<planned_graph>& all) {
  int next = 0;
  for (planned_graph& p : all) {
    p.first_draft = next;
    next += p.kernel_steps();
  }
}

/// A program's parameters and states in memory.
struct placed_variables {
  list<variable_info> parameters, states;
  std::int64_t parameter_bytes = 0, trained_bytes = 0, state_bytes = 0;

  constexpr placed_variables() = default;
  constexpr explicit placed_variables(graph const& g) { place_variables(g); }

  constexpr void place_variables(graph const& g) {
    parameters = lay_out(g.parameters, parameter_place, parameter_bytes, trained_bytes);
    states = lay_out(g.states, state_place, state_bytes);
  }
};

/// Bytes between the slices along axes 0 and 1 of a node in memory; 0: dense.
struct slice_distance {
  int node = -1;
  std::int64_t bytes[2]{};
};
/// Those nodes of a graph that do not lie densely: what belongs to loops, parameters and gradients as well as states,
/// lies iteration by iteration.
class slice_distances {
 public:
  list<slice_distance> nodes;

  constexpr slice_distances(list<planned_graph> const& all, int number, placed_variables const& variables) {
    planned_graph const& p = all[number];
    if (number == 0)
      find_variables(*p.g, variables);
    else if (p.parent == 0)
      find_slices(p, slice_distances(all, 0, variables));
  }
  constexpr std::int64_t of(int node, int axis) const {
    for (slice_distance const& d : nodes)
      if (d.node == node) return d.bytes[axis];
    return 0;
  }

 private:
  constexpr void find_variables(graph const& g, placed_variables const& variables) {
    for (int k = 0; k < g.parameters.size(); ++k) {
      variable_info const& v = variables.parameters[k];
      if (!v.depth || g.parameters[k].node < 0) continue;
      nodes.push({g.parameters[k].node, {v.stride[0], v.stride[1]}});
      if (!g.exchanged.empty() && g.exchanged[k] >= 0)
        nodes.push({storage_of(g, g.exchanged[k]), {v.stride[0], v.stride[1]}});
    }
    for (int k = 0; k < g.states.size(); ++k)
      if (variable_info const& v = variables.states[k]; v.depth && g.states[k].node >= 0)
        nodes.push({g.states[k].node, {v.stride[0], v.stride[1]}});
  }
  /// Slices of a loop in a loop: those of the loop around are apart along axis 1.
  constexpr void find_slices(planned_graph const& p, slice_distances const& around) {
    loop const& l = *p.owner;
    graph const& outer = *p.g->parent;
    for (int q = l.carries + l.invariants; q < l.operands.size(); ++q)
      if (std::int64_t const d = around.of(storage_of(outer, l.operands[q]), 1)) nodes.push({l.arguments[q], {d, 0}});
    for (int k = l.carries; k < l.results.size(); ++k)
      if (std::int64_t const d = around.of(l.outputs[k], 1)) nodes.push({storage_of(*p.g, l.results[k]), {d, 0}});
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
