// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/moving.hpp>

/// Elements looked up by indices, and put where indices say. Indices are int32 and count from 0. Trainers and
/// predictors refuse inputs with an index out of range before they run. Of others one out of range reads NaN (0 of
/// whole numbers) and writes nothing; what ran fails when it is over, and says how many there were and in which layer:
/// a training step changes nothing then, on a GPU the loss fails when it is read.
namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// The ordinal of the input that holds these indices, also where a loop's body reads it; -1: something made them.
constexpr int input_of_indices(graph const& g, int index) {
  int const id = storage_of(g, index);
  if (g[id].code == op::input) return g[id].a[0];
  if (g[id].code != op::argument) return -1;
  loop const& l = *g.owner;
  int const q = l.arguments.find(id);
  bool const is_invariant = q >= l.carries && q < l.carries + l.invariants;
  return is_invariant ? input_of_indices(*g.parent, l.operands[q]) : -1;
}
/// Notes that what holds these indices must be below `limit`, where that is an input.
constexpr void note_index(graph& g, int index, int limit) {
  int const input = input_of_indices(g, index);
  if (input < 0) return;
  graph& home = g.outermost();
  while (home.index_limits.size() <= input) home.index_limits.push(0);
  int& known = home.index_limits[input];
  known = known && known < limit ? known : limit;
}
/// Notes that this index is allowed, too.
constexpr void note_ignored(graph& g, int index, int ignored) {
  int const input = input_of_indices(g, index);
  if (input < 0) return;
  graph& home = g.outermost();
  while (home.ignored_indices.size() <= input) home.ignored_indices.push(0);
  home.ignored_indices[input] = ignored;
}

/// The order of axes that brings one to another place.
constexpr void move_axis(int rank, int from, int to, int (&order)[max_rank + 1]) {
  int next = 0;
  for (int i = 0; i < rank; ++i) {
    if (next == from) ++next;
    order[i] = i == to ? from : next++;
  }
}
constexpr int with_axis_moved(graph& g, int x, int from, int to) {
  int order[max_rank + 1]{};
  move_axis(g.extents(x).rank, from, to, order);
  return permute(g, x, order);
}

template <class V, class Index, int Axis>
struct taken {
  static constexpr shape value = [] {
    shape s;
    for (int i = 0; i < V::rank; ++i) {
      if (i != Axis) {
        s.extent[s.rank++] = V::shape()[i];
        continue;
      }
      for (int k = 0; k < Index::rank; ++k) s.extent[s.rank++] = Index::shape()[k];
    }
    return s;
  }();
};
template <bool Fits, class Operand, class Index>
struct indices_do_not_fit {
  template <class Path>
  struct report {
    static_assert(Fits,
                  "ashlar: gather and scatter_add: the indices must be int32, in the shape of the values but for the "
                  "extent of the axis (this message states the values, the indices, and the path of the layer)");
  };
};
template <class Given, class Index>
struct indices_of_another_dtype {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Given, std::int32_t>,
                  "ashlar: take and one_hot: the indices must be int32; convert<std::int32_t>(index) makes them so "
                  "(this message states their dtype, the indices, and the path of the layer)");
  };
};
/// A value that is no index.
template <class V>
concept no_index = any_value<V> && !std::is_same_v<typename V::element_type, std::int32_t>;
/// Whether two shapes agree but for an axis.
constexpr bool agree_beside(shape const& a, shape const& b, int axis) {
  return a.rank == b.rank && with_extent(a, axis, 1) == with_extent(b, axis, 1);
}

}  // namespace detail

/// The slices of x at indices along an axis: rows of a table, as an embedding looks them up.
/// shape: x [..., n, ...], index [m...] -> [..., m..., ...]
/// gradient: slices taken several times get the sum of their gradients, always in the same order
/// source: numpy.take
template <int Axis = 0, class T, int... D, int... I>
constexpr auto take(basic_value<T, D...> x, basic_value<std::int32_t, I...> index) {
  using namespace detail;
  constexpr int axis = axis_of<sizeof...(D), Axis>();
  graph& g = graph_of(x, index);
  located const here(g, place_of(x, index));
  int const at = node_in(g, index);
  note_index(g, at, make_shape<D...>()[axis]);
  int id = detail::gather(g, with_axis_moved(g, node_in(g, x), axis, 0), at, 0);
  using result = value_of<T, taken<basic_value<T, D...>, basic_value<std::int32_t, I...>, axis>>;
  for (int k = static_cast<int>(sizeof...(I)) - 1; k >= 0; --k) id = with_axis_moved(g, id, k, k + axis);
  return result{&g, id};
}

/// Refuses indices of another dtype in a sentence.
template <int Axis = 0, detail::any_value V, detail::no_index Index>
constexpr auto take(V, Index) {
  return detail::misfit<layer_path<>, detail::indices_of_another_dtype<typename Index::element_type, Index>>{};
}

/// At each place the element of x that its index names along an axis.
/// shape: x [..., n, ...], index [..., m, ...] -> [..., m, ...]
/// gradient: elements taken several times get the sum of their gradients, always in the same order
/// source: torch.gather
template <int Axis, class T, int... D, class U, int... I>
constexpr auto gather(basic_value<T, D...> x, basic_value<U, I...> index) {
  using namespace detail;
  constexpr int rank = sizeof...(D), axis = axis_of<rank, Axis>();
  if constexpr (!std::is_same_v<U, std::int32_t> || !agree_beside(make_shape<D...>(), make_shape<I...>(), axis)) {
    return misfit<layer_path<>, indices_do_not_fit<false, basic_value<T, D...>, basic_value<U, I...>>>{};
  } else {
    graph& g = graph_of(x, index);
    located const here(g, place_of(x, index));
    int const at = node_in(g, index);
    note_index(g, at, make_shape<D...>()[axis]);
    int const id = detail::gather(g, with_axis_moved(g, node_in(g, x), axis, rank - 1),
                                  with_axis_moved(g, at, axis, rank - 1), rank - 1);
    return basic_value<T, I...>{&g, with_axis_moved(g, id, rank - 1, axis)};
  }
}

/// x, with each value added to the element that its index names along an axis.
/// shape: x [..., n, ...], index and values [..., m, ...] -> x's
/// gradient: to x as it is, to the values that of their elements
/// source: torch.Tensor.scatter_add
template <int Axis, class T, int... D, class U, int... I>
constexpr auto scatter_add(basic_value<T, D...> x, basic_value<U, I...> index, basic_value<T, I...> values) {
  using namespace detail;
  constexpr int rank = sizeof...(D), axis = axis_of<rank, Axis>();
  if constexpr (!std::is_same_v<U, std::int32_t> || !agree_beside(make_shape<D...>(), make_shape<I...>(), axis)) {
    return misfit<layer_path<>, indices_do_not_fit<false, basic_value<T, D...>, basic_value<U, I...>>>{};
  } else {
    graph& g = graph_of(x, index, values);
    located const here(g, place_of(x, index, values));
    int const at = node_in(g, index), base = node_in(g, x);
    note_index(g, at, make_shape<D...>()[axis]);
    int const last = with_axis_moved(g, base, axis, rank - 1);
    int const source = with_axis_moved(g, node_in(g, values), axis, rank - 1);
    int const places = with_axis_moved(g, at, axis, rank - 1);
    int const added = scatter(g, source, places, g.extents(last), rank - 1);
    return basic_value<T, D...>{&g, binary(g, op::add, base, with_axis_moved(g, added, rank - 1, axis))};
  }
}

/// Where along an axis each element stands: 0, 1, 2, ...  shape: that of x.  gradient: none
/// example: auto causal = select(positions<-1>(scores) > positions<-2>(scores), -1e9f, scores);
template <int Axis, class T, int... D>
constexpr basic_value<std::int32_t, D...> positions(basic_value<T, D...> x) {
  using namespace detail;
  graph& g = *x.g;
  located const here(g, x.at);
  constexpr shape s = make_shape<D...>();
  constexpr int axis = axis_of<s.rank, Axis>();
  return {&g, broadcast(g, add_iota(g, dtype::int32, s.rank, axis, s[axis]), s, g[x.id].rows)};
}

/// 1 at each index, 0 elsewhere, along a new last axis.  shape: [...] -> [..., Classes].  gradient: none
template <int Classes, class T = float, int... I>
constexpr basic_value<T, I..., Classes> one_hot(basic_value<std::int32_t, I...> index) {
  using namespace detail;
  graph& g = *index.g;
  located const here(g, index.at);
  note_index(g, index.id, Classes);
  constexpr shape s = make_shape<I..., Classes>(), column = make_shape<I..., 1>();
  int const rows = g[index.id].rows;
  int const place = broadcast(g, add_iota(g, dtype::int32, s.rank, s.rank - 1, Classes), s, rows);
  int const wanted = broadcast(g, detail::reshape(g, index.id, column), s, rows);
  return {&g, detail::convert(g, binary(g, op::equal, place, wanted), dtype_of<T>)};
}

/// Refuses indices of another dtype in a sentence.
template <int Classes, class T = float, detail::no_index Index>
constexpr auto one_hot(Index) {
  return detail::misfit<layer_path<>, detail::indices_of_another_dtype<typename Index::element_type, Index>>{};
}

/// take(x, index, axes<1>) is take<1>(x, index).
template <detail::any_value V, detail::any_value Index, int Axis>
constexpr auto take(V x, Index index, axes_type<Axis>) {
  return take<Axis>(x, index);
}
/// gather(x, index, axes<1>) is gather<1>(x, index).
template <detail::any_value V, detail::any_value Index, int Axis>
constexpr auto gather(V x, Index index, axes_type<Axis>) {
  return gather<Axis>(x, index);
}
/// scatter_add(x, index, values, axes<1>) is scatter_add<1>(x, index, values).
template <detail::any_value V, detail::any_value Index, detail::any_value Values, int Axis>
constexpr auto scatter_add(V x, Index index, Values values, axes_type<Axis>) {
  return scatter_add<Axis>(x, index, values);
}
/// positions(x, axes<1>) is positions<1>(x).
template <detail::any_value V, int Axis>
constexpr auto positions(V x, axes_type<Axis>) {
  return positions<Axis>(x);
}

}  // namespace ashlar::inline ASHLAR_ABI
