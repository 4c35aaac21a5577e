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
    shape const all = stacked(l.count, body_leaf.extents);
    for (variable_entry& known : to) {  // the network called again: the same parameters
      if (known.path != e.path || !equal_text(known.field, e.field)) continue;
      if (!(g.extents(known.node) == all) || known.order != e.order) {
        g.note(refusal::one_name_for_two_shapes);
        continue;
      }
      known.frozen |= inner.frozen;
      e = known;
    }
    bool const fresh = e.node < 0;
    if (fresh) {
      e.node = e.latest = add_leaf(g, code, e.type, all, 0, g.ordinal());
      e.latest_call = -1;
    }
    l.operands.push(code == op::state ? e.latest : e.node);
    l.arguments.push(inner.node);
    if (fresh) to.push(e);
    lift(inner, e);
  }
}

template <bool Takes, class Body, class... Given>
struct repeated_body_takes_other_values {
  template <class Path>
  struct report {
    static_assert(Takes,
                  "ashlar: repeat<N>(body)(x, c...): the body must be callable with x and each further value, and with "
                  "no others; layers take one value (this message states the body, and what it was given)");
  };
};
/// Whether a layer or function can be called with these values.
template <class L, class X, class... C>
inline constexpr bool takes = (any_layer<L> && sizeof...(C) == 0) || std::is_invocable_v<L const&, X, C...>;

template <class L, class X, class... C>
constexpr auto call_body_of_loop(L const& layer, X const& x, C const&... c) {
  if constexpr (sizeof...(C) == 0)
    return call_inside(layer, x);
  else
    return call_user(*x.g, layer, x, c...);
}

template <int Count, class L>
struct repeat_layer : layer<repeat_layer<Count, L>> {
  static_assert(Count > 0, "ashlar: repeat<N>: N must be positive");
  using layer<repeat_layer>::operator();

  [[no_unique_address]] L body;

  template <class X, class C, class... More>
  constexpr auto operator()(X x, C c, More... more) const {
    return this->record(x, c, more...);
  }

  /// x is the carry; what the body reads of c, and of what it captured, are invariants.
  template <class X, class... C>
  constexpr auto apply(X x, C... c) const {
    if constexpr (!takes<L, X, C...>) {
      return misfit<layer_path<>, repeated_body_takes_other_values<false, L, X, C...>>{};
    } else if constexpr (!std::is_same_v<decltype(complaint_of_body(x, c...)), fits>) {
      return misfit<layer_path<iteration>, decltype(complaint_of_body(x, c...))>{};
    } else {
      graph& g = *x.g;
      loop* l = new_loop(g);
      graph& b = *l->body;
      node const n = g[x.id];
      X inside{&b, add_leaf(b, op::argument, n.type, n.extents, n.rows, b.ordinal())};
      l->operands.push(x.id);
      l->arguments.push(inside.id);
      auto y = recorded_body(b, inside, c...);
      using Y = decltype(y);
      if constexpr (any_misfit<Y>) {
        delete l;
        return below<iteration>(y);
      } else if constexpr (!std::is_same_v<X, Y>) {
        delete l;
        return misfit<layer_path<iteration>, decltype(changed_type<Y, X>(body))>{};
      } else {
        l->results.push(node_in(b, y));
        if (b[l->results[0]].rows != n.rows) b.note(refusal::rows_in_a_loop);
        add_loop(g, l);
        return X{&g, l->outputs[0]};
      }
    }
  }

 private:
  template <class X, class... C>
  constexpr auto complaint_of_body(X const& x, C const&...) const {
    if constexpr (sizeof...(C) == 0)
      return complaint_of(body, x);
    else
      return fits{};
  }
  static constexpr loop* new_loop(graph& g) {
    loop* l = new loop;
    l->body = new graph;
    graph& b = *l->body;
    b.parent = &g;
    b.owner = l;
    b.depth = g.depth + 1;
    b.batch = g.batch;
    b.training = g.training;
    b.frozen = g.frozen;
    b.initial = g.initial;
    b.call = g.call;
    b.at = g.at;
    b.next_ordinal = 1000;
    l->count = Count;
    l->region = g.region_number();
    l->carries = 1;
    return l;
  }
  template <class X, class... C>
  constexpr auto recorded_body(graph& b, X const& x, C const&... c) const {
    body_scope const scope(b);
    user_code const around(*b.parent);  // what the body computes of captured values alone stands there
    return call_body_of_loop(body, x, c...);
  }
  /// Adds the loop with what the body defined.
  static constexpr void add_loop(graph& g, loop* l) {
    graph& b = *l->body;
    list<int> states;  // of the graph around, in the order of the stacked results
    lift_variables(b.parameters, g.parameters, *l, g, op::parameter, [](auto const&, auto const&) {});
    lift_variables(b.states, g.states, *l, g, op::state, [&](variable_entry const& inner, variable_entry const& e) {
      if (inner.latest == inner.node) return;
      l->results.push(inner.latest);
      for (int k = 0; k < g.states.size(); ++k)
        if (g.states[k].node == e.node) states.push(k);
    });
    b.parameters.clear();
    b.states.clear();
    b.at = {};
    g.add(l);
    for (int k = 0; k < states.size(); ++k) {
      variable_entry& e = g.states[states[k]];
      if (g.call <= e.latest_call) continue;
      e.latest = l->outputs[l->carries + k];
      e.latest_call = g.call;
    }
  }
};

template <int Count>
struct repeat_times {
  template <class L>
  constexpr repeat_layer<Count, L> operator()(L const& body) const {
    return {{}, body};
  }
};

}  // namespace detail

/// repeat<N>(layer): the layer N times, each with parameters of its own. One body is recorded, differentiated and
/// compiled once; the program loops over it. repeat<N>(body)(x, c...) makes x = body(x, c...) N times, with the same c
/// in each; in a function that is traced, the body may as well capture its values. Gradients pass to all of them.
/// errors: does not compile where the body does not return the type of x; nvcc needs [&] in a body within a body
/// example: auto h = repeat<8>([=](auto h) { return tanh(matmul(h, w) + c); })(h0);
/// source: jax.lax.scan
template <int Count>
inline constexpr detail::repeat_times<Count> repeat{};

}  // namespace ashlar::inline ASHLAR_ABI
