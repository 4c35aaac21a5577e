// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/layer.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class Result, class Taken, class Layer>
struct repeated_layer_changes_its_type {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Result, Taken>,
                  "ashlar: repeat<N>(layer): the layer must return what it takes, so that it can be repeated (this "
                  "message states what it returns and takes after the batch, the layer, and its path)");
  };
};
/// A value's type for a message: its extents after the batch, or all of it where that is the same.
template <class Result, class Taken, class Layer>
constexpr auto changed_type(Layer const&) {
  using got_type = typename sample_extents<got, Result>::type;
  using needed_type = typename sample_extents<needs, Taken>::type;
  if constexpr (std::is_same_v<got_type, typename sample_extents<got, Taken>::type>)
    return repeated_layer_changes_its_type<Result, Taken, Layer>{};
  else
    return repeated_layer_changes_its_type<got_type, needed_type, Layer>{};
}

/// Moves what the body defined (parameters, states) to the graph around it, stacked: one slice for each iteration.
template <class Lift>
constexpr void lift_variables(list<variable_entry>& from, list<variable_entry>& to, loop& l, graph& g, op code,
                              Lift lift) {
  for (variable_entry const& inner : from) {
    variable_entry e = inner;
    node const body_leaf = (*l.body)[inner.node];
    if (e.depth == max_loop_depth || body_leaf.extents.rank == max_rank) {
      g.note(e.depth == max_loop_depth ? refusal::deep_repeat : refusal::many_axes);
      continue;
    }
    int entry = g.paths.child(g.scope, path_entry::iteration, 0);
    e.path = g.paths.import(entry, l.body->paths, inner.path);
    for (int d = e.depth; d > 0; --d) {
      e.count[d] = e.count[d - 1];
      e.region[d] = e.region[d - 1];
    }
    e.count[0] = l.count;
    e.region[0] = l.region;
    ++e.depth;
    e.node = -1;
    for (variable_entry const& known : to)  // the network called again: the same parameters
      if (known.path == e.path && equal_text(known.field, e.field)) e = known;
    bool const fresh = e.node < 0;
    if (fresh) {
      e.node = e.latest = add_leaf(g, code, e.type, stacked(l.count, body_leaf.extents), 0, g.ordinal());
      e.latest_call = -1;
    }
    l.operands.push(code == op::state ? e.latest : e.node);
    l.arguments.push(inner.node);
    if (fresh) to.push(e);
    lift(inner, e);
  }
}

template <int Count, class L>
struct repeat_layer : layer<repeat_layer<Count, L>> {
  static_assert(Count > 0, "ashlar: repeat<N>: N must be positive");

  template <class X>
  static constexpr auto apply(X x) {
    graph& g = *x.g;
    loop* l = new loop;
    l->body = new graph;
    graph& body = *l->body;
    body.parent = &g;
    body.owner = l;
    body.depth = g.depth + 1;
    body.batch = g.batch;
    body.training = g.training;
    body.frozen = g.frozen;
    body.initial = g.initial;
    body.call = g.call;
    body.at = g.at;
    body.next_ordinal = 1000;
    l->count = Count;
    l->region = g.region_number();
    l->carries = 1;
    node const n = g[x.id];
    X inside{&body, add_leaf(body, op::argument, n.type, n.extents, n.rows, body.ordinal())};
    l->operands.push(x.id);
    l->arguments.push(inside.id);
    auto y = call_inside(L{}, inside);
    using Y = decltype(y);
    if constexpr (any_misfit<Y>) {
      delete l;
      return below<iteration>(y);
    } else if constexpr (!std::is_same_v<X, Y>) {
      delete l;
      return misfit<layer_path<iteration>, decltype(changed_type<Y, X>(L{}))>{};
    } else {
      l->results.push(node_in(body, y));
      list<int> states;  // of the graph around, in the order of the stacked results
      lift_variables(body.parameters, g.parameters, *l, g, op::parameter, [](auto const&, auto const&) {});
      lift_variables(body.states, g.states, *l, g, op::state,
                     [&](variable_entry const& inner, variable_entry const& e) {
                       if (inner.latest == inner.node) return;
                       l->results.push(inner.latest);
                       for (int k = 0; k < g.states.size(); ++k)
                         if (g.states[k].node == e.node) states.push(k);
                     });
      body.parameters.clear();
      body.states.clear();
      g.add(l);
      for (int k = 0; k < states.size(); ++k) {
        variable_entry& e = g.states[states[k]];
        if (g.call <= e.latest_call) continue;
        e.latest = l->outputs[l->carries + k];
        e.latest_call = g.call;
      }
      return X{&g, l->outputs[0]};
    }
  }
};

template <int Count>
struct repeat_times {
  template <class L>
  constexpr repeat_layer<Count, L> operator()(L const&) const {
    static_assert(std::is_empty_v<L>, "ashlar: repeat<N>(layer): the layer must not hold run-time state");
    return {};
  }
};

}  // namespace detail

/// repeat<N>(layer): the layer N times, each with parameters of its own. One body is recorded, differentiated and
/// compiled once; the program loops over it.
/// errors: does not compile where the layer does not return the type it takes
template <int Count>
inline constexpr detail::repeat_times<Count> repeat;

}  // namespace ashlar::inline ASHLAR_ABI
