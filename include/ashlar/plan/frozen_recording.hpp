// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/frozen_pool.hpp>
#include <ashlar/plan/recording.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// How much room a frozen recording needs.
struct recording_size {
  int nodes = 0, numbers = 0, paths = 0, variables = 0;
};

/// A recording in arrays, which can be a constant: so one stage of a plan hands it to the next, and a program that runs
/// can look at it. Recording again would not do: which operand of `f(x) + g(x)` comes first is the compiler's choice,
/// in constants another one than in programs, and layers are numbered in that order.
template <int Nodes, int Numbers, int Paths, int Variables>
class frozen_recording {
 public:
  frozen_pool<node, Nodes> nodes;
  frozen_pool<int, Numbers> numbers;  // lengths, lists and loops, in the order in which thaw asks for them
  frozen_pool<path_entry, Paths> paths;
  frozen_pool<variable_entry, Variables> variables;

  constexpr bool fits() const { return nodes.fits() && numbers.fits() && paths.fits() && variables.fits(); }
  constexpr recording_size size() const { return {nodes.count, numbers.count, paths.count, variables.count}; }

  constexpr void freeze(recording const& r) {
    freeze_list(r.outputs);
    freeze_variables(r.g.parameters);
    freeze_variables(r.g.states);
    freeze_list(r.g.index_limits);
    freeze_list(r.g.ignored_indices);
    for (int i : {r.g.batch, static_cast<int>(r.g.training), r.g.next_region}) numbers.push(i);
    freeze_graph(r.g);
  }
  /// The recording, with lists that show these arrays, which must stay where they are.
  constexpr void thaw(recording& r) const {
    position at;
    thaw_list(at, r.outputs);
    thaw_variables(at, r.g.parameters);
    thaw_variables(at, r.g.states);
    thaw_list(at, r.g.index_limits);
    thaw_list(at, r.g.ignored_indices);
    r.g.batch = number(at);
    r.g.training = number(at) != 0;
    r.g.next_region = number(at);
    thaw_graph(at, r.g);
  }

 private:
  struct position {
    int node = 0, number = 0, path = 0, variable = 0;
  };

  constexpr void freeze_list(list<int> const& from) {
    numbers.push(from.size());
    for (int i : from) numbers.push(i);
  }
  constexpr void freeze_variables(list<variable_entry> const& from) {
    numbers.push(from.size());
    for (variable_entry const& e : from) variables.push(e);
  }
  constexpr void freeze_graph(graph const& g) {
    numbers.push(g.next_ordinal);
    numbers.push(g.size());
    for (node const& n : g.nodes) nodes.push(n);
    numbers.push(g.paths.size());
    for (int i = 0; i < g.paths.size(); ++i) paths.push(g.paths[i]);
    freeze_list(g.exchanged);
    numbers.push(g.loops.size());
    for (loop const* l : g.loops) {
      numbers.push(l != nullptr);
      if (l) freeze_loop(*l);
    }
  }
  constexpr void freeze_loop(loop const& l) {
    for (int i : {l.count, static_cast<int>(l.reversed), l.carries, l.invariants, l.node, l.region}) numbers.push(i);
    for (list<int> const* from : {&l.operands, &l.arguments, &l.results, &l.outputs}) freeze_list(*from);
    freeze_graph(*l.body);
  }

  constexpr int number(position& at) const { return numbers.items[at.number++]; }
  constexpr void thaw_list(position& at, list<int>& to) const {
    int const count = number(at);
    to.borrow(numbers.items + at.number, count);
    at.number += count;
  }
  constexpr void thaw_variables(position& at, list<variable_entry>& to) const {
    int const count = number(at);
    to.borrow(variables.items + at.variable, count);
    at.variable += count;
  }
  constexpr void thaw_graph(position& at, graph& g) const {
    g.next_ordinal = number(at);
    int const count = number(at);
    g.nodes.borrow(nodes.items + at.node, count);
    at.node += count;
    int const names = number(at);
    g.paths.borrow(paths.items + at.path, names);
    at.path += names;
    thaw_list(at, g.exchanged);
    for (int left = number(at); left > 0; --left) {
      loop* const l = number(at) ? new loop : nullptr;
      g.loops.push(l);
      if (l) thaw_loop(at, g, *l);
    }
  }
  constexpr void thaw_loop(position& at, graph& g, loop& l) const {
    l.body = new graph;
    l.body->parent = &g;
    l.body->owner = &l;
    l.body->depth = g.depth + 1;
    l.count = number(at);
    l.reversed = number(at) != 0;
    l.carries = number(at);
    l.invariants = number(at);
    l.node = number(at);
    l.region = number(at);
    for (list<int>* to : {&l.operands, &l.arguments, &l.results, &l.outputs}) thaw_list(at, *to);
    thaw_graph(at, *l.body);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
