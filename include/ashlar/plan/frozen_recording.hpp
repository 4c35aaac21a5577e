// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Counts all that is pushed, keeps what fits.
template <class T, int Capacity>
struct frozen_pool {
  T items[Capacity + 1]{};
  int count = 0;

  constexpr void push(T const& value) {
    if (count < Capacity) items[count] = value;
    ++count;
  }
  constexpr bool fits() const { return count <= Capacity; }
};

/// A recorded and rebuilt graph, frozen by the compiler so that a program that runs can look at it. Recording again
/// would not do: which operand of `f(x) + g(x)` comes first is the compiler's choice, in constants another one than in
/// programs, and layers are numbered in that order.
template <int Nodes, int Numbers, int Paths, int Variables>
class frozen_recording {
 public:
  frozen_pool<node, Nodes> nodes;
  frozen_pool<int, Numbers> numbers;  // lengths, lists and loops, in the order in which thaw asks for them
  frozen_pool<path_entry, Paths> paths;
  frozen_pool<variable_entry, Variables> variables;

  constexpr bool fits() const { return nodes.fits() && numbers.fits() && paths.fits() && variables.fits(); }

  constexpr void freeze(recording const& r) {
    freeze_list(r.outputs);
    freeze_variables(r.g.parameters);
    freeze_variables(r.g.states);
    freeze_graph(r.g);
  }
  void thaw(recording& r) const {
    position at;
    thaw_list(at, r.outputs);
    thaw_variables(at, r.g.parameters);
    thaw_variables(at, r.g.states);
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
    for (loop const* l : g.loops) freeze_loop(*l);
  }
  constexpr void freeze_loop(loop const& l) {
    for (int i : {l.count, static_cast<int>(l.reversed), l.carries, l.invariants, l.node}) numbers.push(i);
    for (list<int> const* from : {&l.operands, &l.arguments, &l.results, &l.outputs}) freeze_list(*from);
    freeze_graph(*l.body);
  }

  int number(position& at) const { return numbers.items[at.number++]; }
  void thaw_list(position& at, list<int>& to) const {
    for (int left = number(at); left > 0; --left) to.push(number(at));
  }
  void thaw_variables(position& at, list<variable_entry>& to) const {
    for (int left = number(at); left > 0; --left) to.push(variables.items[at.variable++]);
  }
  void thaw_graph(position& at, graph& g) const {
    g.next_ordinal = number(at);
    for (int left = number(at); left > 0; --left) g.intern(nodes.items[at.node++]);
    for (int left = number(at); left > 0; --left) thaw_path(paths.items[at.path++], g);
    thaw_list(at, g.exchanged);
    for (int left = number(at); left > 0; --left) thaw_loop(at, g);
  }
  static void thaw_path(path_entry const& e, graph& g) {
    if (e.kind != path_entry::root) g.paths.child(e.parent, e.kind, e.number, e.text, e.length);
  }
  void thaw_loop(position& at, graph& g) const {
    loop* l = new loop;
    g.loops.push(l);
    l->body = new graph;
    l->body->parent = &g;
    l->body->owner = l;
    l->body->depth = g.depth + 1;
    l->count = number(at);
    l->reversed = number(at) != 0;
    l->carries = number(at);
    l->invariants = number(at);
    l->node = number(at);
    for (list<int>* to : {&l->operands, &l->arguments, &l->results, &l->outputs}) thaw_list(at, *to);
    thaw_graph(at, *l->body);
  }
};

/// The recording that a program's plan was made of. Costs the compiler a second recording, in programs that ask.
template <class Program>
class program_recording {
  template <int Nodes, int Numbers, int Paths, int Variables>
  static constexpr auto freeze() {
    frozen_recording<Nodes, Numbers, Paths, Variables> frozen;
    recording clean;
    record_and_rebuild<typename Program::recorder>(clean);
    frozen.freeze(clean);
    return frozen;
  }
  static constexpr plan_sizes sizes = Program::tables.sizes;
  static constexpr int nodes = Program::tables.counts.nodes;
  static constexpr auto guess = freeze<nodes, 4 * nodes + 64, sizes.paths / 2, sizes.parameters + sizes.states>();

 public:
  static void thaw(recording& to) {
    if constexpr (guess.fits()) {
      guess.thaw(to);
    } else {
      static constexpr auto exact =
          freeze<guess.nodes.count, guess.numbers.count, guess.paths.count, guess.variables.count>();
      exact.thaw(to);
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
