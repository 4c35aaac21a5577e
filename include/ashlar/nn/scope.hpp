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

/// The parameter `field` of the layer being recorded, as its node is; the same layer of a repeated call finds its own
/// again, which lies as it was asked for first. Null where that has another shape.
constexpr variable_entry* parameter_entry(graph& g, char const* field, dtype type, shape const& extents,
                                          initialiser init, stored_order order) {
  for (variable_entry& e : g.parameters)
    if (e.path == g.scope && equal_text(e.field, field)) {
      e.frozen |= g.frozen;
      if (e.extents == extents) return &e;
      g.note(refusal::one_name_for_two_shapes);
      return nullptr;
    }
  variable_entry e;
  e.path = g.scope;
  e.field = field;
  e.type = type;
  e.extents = extents;
  e.init = initial_numbers(g, field, extents, init);
  e.order = order;
  e.frozen = g.frozen;
  e.node = add_leaf(g, op::parameter, type, stored_shape(extents, order), 0, g.ordinal());
  g.parameters.push(e);
  return &g.parameters.back();
}
/// The parameter with axes in the order of its shape.
template <class T, int... D>
constexpr basic_value<T, D...> parameter(graph& g, char const* field, initialiser init) {
  shape const extents = make_shape<D...>();
  variable_entry const* const e = parameter_entry(g, field, dtype_of<T>, extents, init, stored_order::rows);
  if (!e) return {&g, add_constant(g, 0, dtype_of<T>, extents)};
  constexpr int swapped[] = {1, 0}, in_panels[] = {0, 2, 1};
  switch (e->order) {
    case stored_order::columns: return {&g, permute(g, e->node, swapped)};
    case stored_order::panels: return {&g, reshape(g, permute(g, e->node, in_panels), extents)};
    default: return {&g, e->node};
  }
}

/// Whether a weight of so many outputs lies column by column: what products with it make is so wide then, and reads
/// rows of outputs as they lie. From two wide vectors of floats on, the width of register tiles: of fewer outputs dot
/// products are as fast. Not where rows of outputs were a multiple of 2 KiB apart, which share few places of a cache. A
/// choice of the model alone, whatever the batch and the processor.
constexpr bool lies_by_columns(int outputs) { return outputs >= 32 && outputs % 512 != 0; }

/// Its order: where a program's products take panels, and the outputs are several of these, in panels.
constexpr stored_order weight_order(graph& g, int outputs) {
  if (!lies_by_columns(outputs)) return stored_order::rows;
  bool const fills_panels = outputs % panel_columns == 0 && outputs > panel_columns;
  return fills_panels && g.outermost().has_panels ? stored_order::panels : stored_order::columns;
}

/// x weight^T, where `weight` is a parameter [Out, In] of the layer being recorded.
template <int Out, class T, int B, int In>
constexpr basic_value<T, B, Out> product_with_parameter(basic_value<T, B, In> x, char const* field, initialiser init) {
  graph& g = *x.g;
  variable_entry const* const e =
      parameter_entry(g, field, dtype_of<T>, make_shape<Out, In>(), init, weight_order(g, Out));
  if (!e) return {&g, add_constant(g, 0, dtype_of<T>, make_shape<B, Out>())};
  if (e->order == stored_order::panels) return {&g, product_of_panels(g, x.id, e->node, false)};
  return {&g, matmul(g, x.id, e->node, false, e->order == stored_order::rows)};
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
