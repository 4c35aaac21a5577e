// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/misfit.hpp>

/// Where a layer stands while it is recorded: the path that names its parameters.
namespace ashlar::inline ASHLAR_ABI::detail {

constexpr bool equal_text(char const* a, char const* b) {
  while (*a && *a == *b) ++a, ++b;
  return *a == *b;
}

/// Enters a path for a lifetime; layers called inside are counted from 0.
class scoped_path {
 public:
  constexpr scoped_path(graph& g, int path) : g_(g), before_(g.scope) {
    g.scope = path;
    g.paths[path].calls = g.paths[path].draws = 0;
  }
  scoped_path(scoped_path const&) = delete;
  scoped_path& operator=(scoped_path const&) = delete;
  constexpr ~scoped_path() { g_.scope = before_; }

 private:
  graph& g_;
  int before_;
};

/// Takes `count` indices of the current scope and returns the first.
constexpr int take_indices(graph& g, int count) {
  int first = g.paths[g.scope].calls;
  g.paths[g.scope].calls += count;
  return first;
}
constexpr int index_path(graph& g, int number) { return g.paths.child(g.scope, path_entry::index, number); }

/// How a parameter begins: as the rules in force say, or as its layer does.
constexpr initialiser initial_numbers(graph const& g, char const* field, shape const& s, initialiser const& usual) {
  if (s.rank >= 2 && g.initial.weight.given) return g.initial.weight.of(s);
  if (g.initial.bias.given && equal_text(field, "bias")) return g.initial.bias.of(s);
  return usual;
}

/// The parameter `field` of the layer being recorded; the same layer of a repeated call finds its own again.
template <class T, int... D>
constexpr basic_value<T, D...> parameter(graph& g, char const* field, initialiser init) {
  for (variable_entry& e : g.parameters)
    if (e.path == g.scope && equal_text(e.field, field)) {
      e.frozen |= g.frozen;
      if (e.extents == make_shape<D...>()) return {&g, e.node};
      return {&g, add_refused(g, refusal::one_name_for_two_shapes, dtype_of<T>, make_shape<D...>())};
    }
  int id = add_leaf(g, op::parameter, dtype_of<T>, make_shape<D...>(), 0, g.ordinal());
  variable_entry e;
  e.path = g.scope;
  e.field = field;
  e.type = dtype_of<T>;
  e.extents = make_shape<D...>();
  e.init = initial_numbers(g, field, e.extents, init);
  e.frozen = g.frozen;
  e.node = id;
  g.parameters.push(e);
  return {&g, id};
}

/// The state `field` of the layer being recorded: its entry.
template <class T, int... D>
constexpr variable_entry& state_entry(graph& g, char const* field, double start) {
  for (variable_entry& e : g.states)
    if (e.path == g.scope && equal_text(e.field, field)) return e;
  variable_entry e;
  e.path = g.scope;
  e.field = field;
  e.type = dtype_of<T>;
  e.extents = make_shape<D...>();
  e.init = {initialiser::constant, start};
  e.node = e.latest = add_leaf(g, op::state, dtype_of<T>, make_shape<D...>(), 0, g.ordinal());
  g.states.push(e);
  return g.states.back();
}
/// What the state holds now: after the updates of earlier calls.
template <class T, int... D>
constexpr basic_value<T, D...> state(graph& g, char const* field, double start) {
  return {&g, state_entry<T, D...>(g, field, start).latest};
}
/// Gives the state its next value, once for each call of the network.
template <class T, int... D>
constexpr void update_state(char const* field, basic_value<T, D...> next) {
  graph& g = *next.g;
  variable_entry& e = state_entry<T, D...>(g, field, 0);
  if (g.call <= e.latest_call) return;
  e.latest = next.id;
  e.latest_call = g.call;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
