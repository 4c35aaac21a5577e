// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/error.hpp>
#include <ashlar/core/list.hpp>
#include <ashlar/graph/node.hpp>
#include <ashlar/graph/parameter.hpp>
#include <ashlar/graph/path.hpp>
#include <ashlar/graph/refusal.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

class graph;

/// Not constexpr on purpose: while a network is compiled, the call is the error message; at run time it fails.
[[noreturn]] inline void refuse(char const* sentence) { fail(error(std::string(sentence))); }

/// A repeated body: `count` iterations over carries, invariants and slices. Arguments and operands stand in this
/// order: carries, invariants (the same for every iteration), slices (one for each iteration, stacked along axis 0).
/// Results and outputs: the carries' next values, then what is stacked.
struct loop {
  graph* body = nullptr;
  int count = 0;
  bool reversed = false;
  int carries = 0;
  int invariants = 0;
  list<int> operands;   // nodes of the graph around
  list<int> arguments;  // nodes of the body
  list<int> results;    // nodes of the body
  list<int> outputs;    // nodes of the graph around
  int node = -1;
  int region = 0;  // the same for a loop and the loops of its gradients

  constexpr loop() = default;
  loop(loop const&) = delete;
  loop& operator=(loop const&) = delete;
  constexpr ~loop();
};

/// A named group of nodes, and how its gradient is stated where the derived one would be unstable or wasteful.
struct annotation {
  char const* name = "";
  int inputs[3]{-1, -1, -1};
  int output = -1;
  bool is_stated = false;  // whether there is a gradient: with sanitizers, the address of a function is no constant
  /// Writes into adjoints[k] the gradient for inputs[k] (-1: none), given the gradient d of the output.
  void (*gradient)(graph& g, annotation const& self, int d, int* adjoints) = nullptr;
};

/// The first thing that a graph refused: where in the network, where in the user's source.
struct refused_request {
  refusal why = refusal::none;
  int path = 0;
  place at{};
};

/// One call of the network: in which graph, on which values (and what those are other names of), and what came out. The
/// same call is recorded once.
struct call_record {
  void const* function = nullptr;
  graph const* where = nullptr;
  list<int> inputs;
  list<int> resolved;
  int number = 0;
  list<int> outputs;
};

/// A value graph in single assignment: nodes in an order in which each stands after its operands. Equal pure nodes
/// are one node (hash-consing).
class graph {
 public:
  list<node> nodes;
  list<loop*> loops;
  list<annotation> annotations;
  list<variable_entry> parameters;
  list<variable_entry> states;
  list<call_record> calls;
  path_table paths;
  graph* parent = nullptr;  // of a loop's body
  loop* owner = nullptr;
  graph* recorded_body = nullptr;  // of the outermost graph: the innermost body that is being recorded
  int depth = 0;
  int number = 0;  // among the graphs of a program: itself, then each loop's body and what is in it
  int scope = 0;   // the path of the layer being recorded
  int call = 0;    // how often the network was called before on other values
  int batch = 0;   // the maximum of rows; 0: no batch
  bool training = true;
  bool has_panels = false;  // of the outermost graph: whether weights may lie in panels
  bool frozen = false;      // whether parameters recorded now are not trained
  initial_rules initial{};  // of the layer being recorded
  int next_ordinal = 0;
  int next_region = 1;
  place at{};                 // of the user's call being recorded: the outermost one of the library
  refused_request refused{};  // of the outermost graph

  constexpr graph() = default;
  graph(graph const&) = delete;
  graph& operator=(graph const&) = delete;
  constexpr ~graph() {
    for (loop* l : loops) delete l;
  }

  constexpr graph& outermost() { return parent ? parent->outermost() : *this; }
  constexpr int size() const { return nodes.size(); }
  constexpr node const& operator[](int id) const { return nodes.items[id]; }
  constexpr shape const& extents(int id) const { return nodes.items[id].extents; }
  constexpr loop& loop_of(int id) const { return *loops[nodes[id].a[0]]; }

  /// The node itself, or the one it is another name of.
  constexpr int resolved(int id) const {
    while (nodes[id].code == op::alias) id = nodes[id].in[0];
    return id;
  }

  /// f(node) for each operand there is.
  template <class F>
  constexpr void each_operand(int id, F f) const {
    node const& x = nodes.items[id];
    if (x.in[0] >= 0) f(x.in[0]);
    if (x.in[1] >= 0) f(x.in[1]);
    if (x.in[2] >= 0) f(x.in[2]);
    if (x.code == op::loop || x.code == op::exchange) each_listed_operand(x, f);
  }
  list<int> index_limits;     // by ordinal of the input, where its numbers are indices below that; 0: they are not
  list<int> ignored_indices;  // by ordinal of the input, an index that is allowed all the same; 0: no other
  list<int> exchanged;  // operands of the exchange node: for each parameter its gradient, or -1 where none arrives or
                        // it is frozen

  /// Adds the node, or finds its equal.
  constexpr int push(node x) {
    x.path = scope;
    x.at = at;
    return intern(x);
  }
  /// push, keeping the node's own provenance.
  constexpr int intern(node const& x) {
    int const count = nodes.size();
    if (2 * count >= table_.size()) grow();
    unsigned const last = static_cast<unsigned>(table_.size() - 1);
    unsigned slot = hash(x) & last;
    int* const table = table_.items;
    for (; table[slot] >= 0; slot = (slot + 1) & last)
      if (nodes.items[table[slot]].same_as(x)) return table[slot];
    table[slot] = count;
    nodes.push(x);
    return count;
  }
  /// A number that makes a leaf different from every other.
  constexpr int ordinal() { return next_ordinal++; }

  /// Notes what cannot be done, in the outermost graph.
  constexpr void note(refusal why) { note(why, scope, at); }

  constexpr int region_number() { return parent ? parent->region_number() : next_region++; }

  /// Adds the loop's node and its outputs. Takes ownership.
  constexpr void add(loop* l);
  constexpr int add_output(loop& l, int k);

 private:
  template <class F>
  constexpr void each_listed_operand(node const& x, F f) const {
    if (x.code == op::exchange) {
      for (int j : exchanged)
        if (j >= 0) f(j);
    } else if (loop const* const l = loops[x.a[0]]) {  // none: moved into another body
      for (int j : l->operands)
        if (j >= 0) f(j);
    }
  }
  constexpr void note(refusal why, int path, place where) {
    if (parent)
      parent->note(why, parent->paths.import(parent->paths.child(parent->scope, path_entry::iteration, 0), paths, path),
                   where);
    else if (refused.why == refusal::none)
      refused = {why, path, where};
  }
  static constexpr unsigned hash(shape const& s) {
    if (s.rank == 0) return 0;
    return static_cast<unsigned>(s.extent[0]) * 37u + static_cast<unsigned>(s.extent[s.rank - 1]) * 5u +
           static_cast<unsigned>(s.rank);
  }
  static constexpr unsigned hash(node const& x) {
    unsigned h = static_cast<unsigned>(x.code) * 0x9E3779B1u + static_cast<unsigned>(x.in[0] + 1) * 0x85EBCA77u +
                 static_cast<unsigned>(x.in[1] + 1) * 0xC2B2AE3Du + static_cast<unsigned>(x.in[2] + 1) * 0x165667B1u;
    h += hash(x.extents) * 0x27D4EB2Fu + static_cast<unsigned>(x.a[0]) * 31u + static_cast<unsigned>(x.a[1]) * 17u +
         static_cast<unsigned>(static_cast<int>(x.number > 1e6         ? 1e6
                                                : x.number < -1e6      ? -1e6
                                                : x.number != x.number ? 0
                                                                       : x.number * 64));
    return h ^ (h >> 15);
  }
  constexpr void grow() {
    int size = table_.size() ? 2 * table_.size() : 64;
    while (size <= 2 * nodes.size()) size *= 2;  // the nodes of a graph that was frozen are in no table yet
    list<int> larger(size, -1);
    unsigned const last = static_cast<unsigned>(larger.size() - 1);
    for (int id = 0, count = nodes.size(); id < count; ++id) {
      unsigned slot = hash(nodes.items[id]) & last;
      while (larger.items[slot] >= 0) slot = (slot + 1) & last;
      larger.items[slot] = id;
    }
    table_.swap(larger);
  }
  list<int> table_;
};

/// Records at a place for a lifetime.
class place_scope {
 public:
  constexpr place_scope(graph& g, place now) : g_(g), before_(g.at) { g.at = now; }
  place_scope(place_scope const&) = delete;
  place_scope& operator=(place_scope const&) = delete;
  constexpr ~place_scope() { g_.at = before_; }

 private:
  graph& g_;
  place before_;
};
/// Records a call of the library at its place, unless a call further out has one.
struct located : place_scope {
  constexpr located(graph& g, place at) : place_scope(g, g.at.line ? g.at : at.line ? at : place{nullptr, -1}) {}
};
/// Records a loop's body for a lifetime.
class body_scope {
 public:
  constexpr explicit body_scope(graph& body) : home_(body.outermost()), before_(home_.recorded_body) {
    home_.recorded_body = &body;
  }
  body_scope(body_scope const&) = delete;
  body_scope& operator=(body_scope const&) = delete;
  constexpr ~body_scope() { home_.recorded_body = before_; }

 private:
  graph& home_;
  graph* before_;
};
/// Calls the user's code: what it calls has places of its own.
struct user_code : place_scope {
  constexpr explicit user_code(graph& g) : place_scope(g, {}) {}
};

constexpr loop::~loop() { delete body; }

/// The shape of `count` values along a new axis 0.
constexpr shape stacked(int count, shape const& one) {
  shape s;
  s.rank = one.rank + 1;
  s.extent[0] = count;
  for (int i = 0; i < one.rank; ++i) s.extent[i + 1] = one[i];
  return s;
}

constexpr int graph::add_output(loop& l, int k) {
  node const& r = (*l.body)[l.results[k]];
  node x{op::result, r.type, {l.node, -1, -1}, r.extents, r.rows, {k}};
  if (k >= l.carries) {
    if (r.extents.rank < max_rank)
      x.extents = stacked(l.count, r.extents);
    else
      note(refusal::many_axes);
    x.rows = 0;
  }
  int id = push(x);
  l.outputs.push(id);
  return id;
}

constexpr void graph::add(loop* l) {
  node x{op::loop};
  x.a[0] = loops.size();
  loops.push(l);
  l->node = push(x);
  for (int k = 0; k < l->results.size(); ++k) add_output(*l, k);
}

/// Writes the path of a layer from the outermost graph on; '\1' stands for the number of an iteration.
constexpr void write_layer(graph const& g, int path, list<char>& to) {
  if (g.parent) {
    int const before = to.size();
    write_layer(*g.parent, (*g.parent)[g.owner->node].path, to);
    if (to.size() > before) to.push('.');
    to.push('\1');
    if (path > 0) to.push('.');
  }
  g.paths.write(path, to);
}

/// The node whose memory a view shows.
constexpr int storage_of(graph const& g, int id) {
  node const* const nodes = g.nodes.items;
  while (is_view(nodes[id].code)) id = nodes[id].in[0];
  return id;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
