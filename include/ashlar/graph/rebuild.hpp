// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/build.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The gradients that meet in the exchange, each with memory of its own, before the exchange itself; zeros where a
/// parameter gets none.
constexpr void rebuild_exchange(graph const& from, graph& to, list<int> const& map) {
  list<int> taken;
  for (int k = 0; k < from.exchanged.size(); ++k) {
    int const d = from.exchanged[k];
    if (from.parameters[k].frozen) {
      to.exchanged.push(-1);
      continue;
    }
    node const& parameter = from[from.parameters[k].node];
    int const gradient = d >= 0 ? map[d] : add_constant(to, 0, parameter.type, parameter.extents);
    to.exchanged.push(with_own_memory(to, gradient, taken));
  }
}

/// Copies into the empty graph `to` what the outputs of `from` need: other names (alias) are resolved, equal nodes
/// merged, dead nodes dropped. `outputs` are renumbered. Assignments and the exchange are outputs like others.
constexpr void rebuild(graph const& from, graph& to, list<int>& outputs) {
  int n = from.size();
  list<char> live(n, 0);
  for (int o : outputs)
    if (o >= 0) live[o] = 1;
  for (int i = n - 1; i >= 0; --i)
    if (live[i]) from.each_operand(i, [&](int j) { live[j] = 1; });
  to.paths = from.paths;
  to.parameters = from.parameters;
  to.states = from.states;
  to.batch = from.batch;
  to.training = from.training;
  to.next_ordinal = from.next_ordinal;
  to.next_region = from.next_region;
  list<int> map(n, -1);
  for (int i = 0; i < n; ++i) {
    node x = from[i];
    if (x.code <= op::state) live[i] = 1;  // inputs and variables are the program's signature
    if (!live[i] || map[i] >= 0) continue;
    if (x.code == op::alias || x.code == op::stop_gradient) {
      map[i] = map[x.in[0]];
      continue;
    }
    for (int& j : x.in)
      if (j >= 0) j = map[j];
    if (x.code == op::exchange) rebuild_exchange(from, to, map);
    if (x.code != op::loop) {
      if (is_commutative(x.code) && x.in[0] > x.in[1]) {
        int t = x.in[0];
        x.in[0] = x.in[1];
        x.in[1] = t;
      }
      map[i] = to.intern(x);
      continue;
    }
    loop const& l = from.loop_of(i);
    loop* copy = new loop;
    copy->count = l.count;
    copy->reversed = l.reversed;
    copy->carries = l.carries;
    copy->invariants = l.invariants;
    copy->region = l.region;
    copy->body = new graph;
    copy->body->parent = &to;
    copy->body->owner = copy;
    copy->body->depth = to.depth + 1;
    for (int j : l.operands) copy->operands.push(map[j]);
    list<int> ends;
    for (int j : l.arguments) ends.push(j);
    for (int j : l.results) ends.push(j);
    rebuild(*l.body, *copy->body, ends);
    for (int k = 0; k < ends.size(); ++k) (k < l.arguments.size() ? copy->arguments : copy->results).push(ends[k]);
    to.scope = x.path;
    to.add(copy);
    to.scope = 0;
    map[i] = copy->node;
    for (int k = 0; k < l.outputs.size(); ++k) map[l.outputs[k]] = copy->outputs[k];
  }
  for (annotation a : from.annotations) {
    bool kept = map[a.output] >= 0;
    for (int& j : a.inputs) {
      if (j >= 0 && (kept = kept && map[j] >= 0)) j = map[j];
    }
    a.output = map[a.output];
    if (kept) to.annotations.push(a);
  }
  for (list<variable_entry>* entries : {&to.parameters, &to.states})
    for (variable_entry& e : *entries) {
      e.node = e.node < 0 ? -1 : map[e.node];
      e.latest = e.latest < 0 ? -1 : map[e.latest];
    }
  for (int& o : outputs) o = o < 0 ? -1 : map[o];
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
