// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ashlar/core/signature.hpp>
#include <ashlar/graph/build.hpp>

namespace ashlar::inline ASHLAR_ABI {

template <class... Steps>
struct layer_path;

namespace detail {

template <class Path, class Complaint>
struct misfit;
/// What calling a value like a network returns (see train/requirements.hpp).
template <class... Arguments>
struct value_called_as_network;

}  // namespace detail

/// A value of a graph being built: dtype and shape are its type, what computes it is a node. Copying it notes where:
/// so an operator, which has no room for other arguments, knows the user's line.
template <class T, int... Dims>
struct basic_value : signature::element {
  /// The type of an element.
  using element_type = T;
  static constexpr int rank = sizeof...(Dims);  ///< How many axes there are.
  /// The extents, outermost first.
  static constexpr ashlar::shape shape() { return make_shape<Dims...>(); }
  /// How many elements there are.
  static constexpr std::int64_t size() { return make_shape<Dims...>().size(); }

  constexpr basic_value() = default;
  /// The value that a node of a graph computes.
  constexpr basic_value(detail::graph* in, int node) : g(in), id(node), at(in->at) {}
  /// The same value, noted where the copy is made.
  constexpr basic_value(basic_value const& other, char const* file = __builtin_FILE(), int line = __builtin_LINE())
      : signature::element(), g(other.g), id(other.id), at{file, line} {}
  /// The same value, noted where it was.
  constexpr basic_value(basic_value&&) = default;
  /// The same value, noted where it was.
  constexpr basic_value& operator=(basic_value const&) = default;

  /// A value is no function; the answer says so when the objective that calls one is used.
  template <class... X>
  constexpr auto operator()(X const&...) const {
    return detail::misfit<layer_path<>, detail::value_called_as_network<X...>>{};
  }

  detail::graph* g = nullptr;  ///< The graph that it is of.
  int id = -1;                 ///< Its node there.
  detail::place at{};          ///< The line of the user that made it.
};

/// A value of floats.
template <int... Dims>
using value = basic_value<float, Dims...>;

namespace detail {

template <class X>
struct is_value_type : std::false_type {};
template <class T, int... D>
struct is_value_type<basic_value<T, D...>> : std::true_type {};
/// Any basic_value.
template <class X>
concept any_value = is_value_type<std::remove_cvref_t<X>>::value;
/// A number that mixes with values.
template <class X>
concept number = std::is_arithmetic_v<X>;

template <class T, class Shape, std::size_t... I>
basic_value<T, Shape::value[static_cast<int>(I)]...> value_of_shape(std::index_sequence<I...>);
/// basic_value<T, extents...> for a type Shape whose static member `value` is a shape.
template <class T, class Shape>
using value_of = decltype(value_of_shape<T, Shape>(std::make_index_sequence<Shape::value.rank>{}));

/// The shape that NumPy's rule gives two shapes; rank -1 where they do not fit.
constexpr shape broadcast_shape(shape const& a, shape const& b) {
  shape s;
  s.rank = a.rank > b.rank ? a.rank : b.rank;
  for (int i = 0; i < s.rank; ++i) {
    int p = i < s.rank - a.rank ? 1 : a[i - (s.rank - a.rank)];
    int q = i < s.rank - b.rank ? 1 : b[i - (s.rank - b.rank)];
    s.extent[i] = p == 1 ? q : p;
    if (p != q && p != 1 && q != 1) return {-1};
  }
  return s;
}

/// The node `id` of graph `from`, as seen from graph g: from inside a loop's body an outer value is an invariant.
constexpr int imported(graph& g, graph* from, int id) {
  if (&g == from) return id;
  if (!g.parent || g.owner->node >= 0)
    return add_refused(g, refusal::value_of_another_trace, (*from)[id].type, (*from)[id].extents);
  if (op code = (*from)[id].code; code == op::constant || code == op::scalar) return g.push((*from)[id]);
  int outer = imported(*g.parent, from, id);
  loop& l = *g.owner;
  for (int q = l.carries; q < l.operands.size(); ++q)
    if (l.operands[q] == outer) return l.arguments[q];
  node const n = (*g.parent)[outer];
  int inner = add_leaf(g, op::argument, n.type, n.extents, n.rows, g.ordinal());
  l.operands.push(outer);
  l.arguments.push(inner);
  ++l.invariants;
  return inner;
}

/// The value without a place, for the library to hand on.
template <class V>
constexpr V unplaced(V const& v) {
  V plain(v.g, v.id);
  plain.at = {};
  return plain;
}
/// What a call returns, at the place of that call.
template <class Y>
constexpr Y placed(Y const& y) {
  if constexpr (any_value<Y>)
    return Y(y.g, y.id);
  else
    return y;
}
/// Where the first of several values that knows was copied or made.
template <class V, class... Rest>
constexpr place place_of(V const& v, Rest const&... rest) {
  if constexpr (sizeof...(Rest) > 0)
    if (v.at.line <= 0) return place_of(rest...);
  return v.at;
}

constexpr graph& deepest(graph& a) { return a; }
template <class... Rest>
constexpr graph& deepest(graph& a, graph& b, Rest&... rest) {
  return deepest(a.depth >= b.depth ? a : b, rest...);
}
/// The innermost graph of several values.
template <class... V>
constexpr graph& graph_of(V const&... v) {
  return deepest(*v.g...);
}
template <class V>
constexpr int node_in(graph& g, V const& v) {
  return imported(g, v.g, v.id);
}

/// The body that is being recorded inside of a graph, or the graph.
constexpr graph& recorded(graph& g) {
  graph* const body = g.outermost().recorded_body;
  return body && body->depth > g.depth ? *body : g;
}
/// The value in the body that is being recorded: there, one of a graph around it is an invariant.
template <class V>
constexpr V brought_in(V const& v) {
  graph& g = recorded(*v.g);
  V inside(&g, node_in(g, v));
  inside.at = v.at;
  return inside;
}

/// Calls a function of the user's with values.
template <class F, class... V>
constexpr auto call_user(graph& g, F const& f, V const&... v) {
  user_code const code(g);
  return f(unplaced(v)...);
}

template <class T>
using accumulate_type = std::conditional_t<std::is_same_v<T, double>, double, float>;

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
