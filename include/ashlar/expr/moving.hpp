// SPDX-License-Identifier: MIT
#pragma once
#include <limits>

#include <ashlar/expr/extremum.hpp>
#include <ashlar/graph/build_moves.hpp>

/// Functions that cut, join and shift values along an axis. Axes count from 0, negative ones from the last.
namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// A value's type with another extent at an axis.
template <class V, int Axis, int Extent>
struct with_extent_at {
  static constexpr shape value = with_extent(V::shape(), Axis, Extent);
};
template <class V, int Axis, int Extent>
using resized = value_of<typename V::element_type, with_extent_at<V, Axis, Extent>>;

constexpr int to_the_end = std::numeric_limits<int>::max();

/// A place along an axis; negative ones count from the end.
constexpr int place_along(int extent, int place) {
  return place == to_the_end ? extent : place < 0 ? place + extent : place;
}

template <int Axis, class... V>
struct concatenated {
  static constexpr bool fits = [] {
    shape const shapes[] = {V::shape()...};
    for (shape const& s : shapes)
      for (int i = 0; i < s.rank || i < shapes[0].rank; ++i)
        if (s.rank != shapes[0].rank || (i != Axis && s[i] != shapes[0][i])) return false;
    return true;
  }();
  static constexpr int extent = (0 + ... + V::shape()[Axis]);
};
template <bool Fits, class... Operands>
struct concat_of_other_shapes {
  template <class Path>
  struct report {
    static_assert(Fits,
                  "ashlar: concat and stack: all operands must share a dtype and all extents but that of concat's axis "
                  "(this message states the operands, and the path of the layer)");
  };
};

}  // namespace detail

/// Elements Begin, Begin + Step, ... before End along an axis; negative places count from the end. Without an End: to
/// the last.
/// gradient: put back where they came from
/// errors: does not compile where Begin or End is outside, nothing is between, or Step is not positive
/// example: slice<1, 2, 5>(x) is x[:, 2:5]
template <int Axis, int Begin, int End = detail::to_the_end, int Step = 1, class T, int... D>
constexpr auto slice(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  constexpr int axis = detail::axis_of<sizeof...(D), Axis>(), extent = make_shape<D...>()[axis];
  constexpr int begin = detail::place_along(extent, Begin), end = detail::place_along(extent, End);
  static_assert(begin >= 0 && end <= extent && begin < end && Step > 0,
                "ashlar: slice<Axis, Begin, End, Step>: Begin and End must be places of the axis, Begin before End, "
                "and Step positive");
  constexpr int count = (end - begin + Step - 1) / Step;
  return detail::resized<basic_value<T, D...>, axis, count>{x.g, detail::slice(*x.g, x.id, axis, begin, count, Step)};
}

namespace detail {
template <class Given>
struct places_as_numbers {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Given, Path>,
                  "ashlar: the axis and the places of a slice are template arguments: slice<1, 2, 5>(x) is x[:, 2:5]");
  };
};
}  // namespace detail
/// Refuses places that are given as numbers, in a sentence.
template <int... Given, detail::any_value V, detail::number... N>
constexpr auto slice(V, N...) requires(sizeof...(N) > 0) {
  return detail::misfit<layer_path<>, detail::places_as_numbers<needs<Given...>>>{};
}

/// Puts Before elements in front of an axis and After behind it, all of them `with`.
/// gradient: of what was there before
template <int Axis, int Before, int After = Before, class T, int... D>
constexpr auto pad(basic_value<T, D...> x, std::type_identity_t<T> with = T{}) {
  static_assert(Before >= 0 && After >= 0,
                "ashlar: pad<Axis, Before, After>: neither may be negative; slice<...> cuts");
  detail::located const here(*x.g, x.at);
  detail::graph& g = *x.g;
  constexpr int rank = sizeof...(D), axis = detail::axis_of<rank, Axis>(), count = make_shape<D...>()[axis];
  using result = detail::resized<basic_value<T, D...>, axis, Before + count + After>;
  result padded{&g, detail::pad(g, x.id, axis, Before, Before + count + After)};
  if (with == T{} || padded.id == x.id) return padded;
  int const rows = g[padded.id].rows, along = detail::add_iota(g, dtype::int32, rank, axis, Before + count + After);
  int const place = detail::broadcast(g, along, result::shape(), rows);
  auto number = [&](int n) { return detail::add_constant(g, n, dtype::int32, result::shape(), rows); };
  int const value = detail::filled(padded, with).id;
  int const inside =
      detail::select(g, detail::binary(g, detail::op::greater, number(Before + count), place), padded.id, value);
  return result{&g, detail::select(g, detail::binary(g, detail::op::greater, number(Before), place), value, inside)};
}

/// The operands one after the other along an axis.
/// gradient: each operand's part
template <int Axis, class T, int... D, detail::any_value... Rest>
constexpr auto concat(basic_value<T, D...> first, Rest... rest) {
  constexpr int axis = detail::axis_of<sizeof...(D), Axis>();
  using joined = detail::concatenated<axis, basic_value<T, D...>, Rest...>;
  constexpr bool one_type = (std::is_same_v<T, typename Rest::element_type> && ...);
  if constexpr (!joined::fits || !one_type) {
    return detail::misfit<layer_path<>, detail::concat_of_other_shapes<false, basic_value<T, D...>, Rest...>>{};
  } else {
    detail::graph& g = detail::graph_of(first, rest...);
    detail::located const here(g, detail::place_of(first, rest...));
    int const all[] = {detail::node_in(g, first), detail::node_in(g, rest)...};
    return detail::resized<basic_value<T, D...>, axis, joined::extent>{
        &g, detail::concat_all(g, axis, all, 1 + sizeof...(Rest))};
  }
}

namespace detail {

template <class V, int Axis>
struct with_axis {
  static constexpr shape value = [] {
    shape s = V::shape();
    for (int i = s.rank++; i > Axis; --i) s.extent[i] = s.extent[i - 1];
    s.extent[Axis] = 1;
    return s;
  }();
};
template <int Axis, class V>
constexpr auto with_new_axis(V const& x) {
  using result = value_of<typename V::element_type, with_axis<V, Axis>>;
  return result{x.g, detail::reshape(*x.g, x.id, result::shape())};
}

}  // namespace detail

/// Operands of one shape along a new axis.  shape: n of [...] -> [..., n, ...]
template <int Axis, class T, int... D, detail::any_value... Rest>
constexpr auto stack(basic_value<T, D...> first, Rest... rest) {
  if constexpr (!(std::is_same_v<basic_value<T, D...>, Rest> && ...)) {
    return detail::misfit<layer_path<>, detail::concat_of_other_shapes<false, basic_value<T, D...>, Rest...>>{};
  } else {
    detail::located const here(detail::graph_of(first, rest...), detail::place_of(first, rest...));
    constexpr int axis = detail::axis_of<sizeof...(D) + 1, Axis>();
    return concat<axis>(detail::with_new_axis<axis>(first), detail::with_new_axis<axis>(rest)...);
  }
}

/// The elements along axes<...> from the last to the first.  gradient: flipped back
template <class T, int... D, int... A>
constexpr auto flip(basic_value<T, D...> x, axes_type<A...>) {
  detail::located const here(*x.g, x.at);
  int id = x.id;
  ((id = detail::flip(*x.g, id, detail::axis_of<sizeof...(D), A>())), ...);
  return basic_value<T, D...>{x.g, id};
}

/// flip<0, -1>(x) is flip(x, axes<0, -1>).
template <int Axis, int... More, class T, int... D>
constexpr auto flip(basic_value<T, D...> x) {
  return flip(x, axes<Axis, More...>);
}

/// Moves every element Shift places along an axis; what leaves it at one end comes in at the other.
/// gradient: moved back
template <int Axis, int Shift, class T, int... D>
constexpr auto roll(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  constexpr int axis = detail::axis_of<sizeof...(D), Axis>(), extent = make_shape<D...>()[axis];
  constexpr int shift = (Shift % extent + extent) % extent;
  if constexpr (shift == 0) {
    return x;
  } else {
    detail::graph& g = *x.g;
    int const end = detail::slice(g, x.id, axis, extent - shift, shift);
    return basic_value<T, D...>{&g, detail::concat(g, axis, end, detail::slice(g, x.id, axis, 0, extent - shift))};
  }
}

/// At each place of an axis the sum of the elements up to it; of truth values how many of them are true (std::int64_t).
/// gradient: the same from the other end
template <int Axis, class T, int... D>
constexpr auto cumsum(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  return basic_value<detail::counted_as<T>, D...>{
      x.g, detail::cumsum(*x.g, detail::countable(x), detail::axis_of<sizeof...(D), Axis>())};
}
/// cumsum(x, axes<1>) is cumsum<1>(x).
template <class T, int... D, int Axis>
constexpr auto cumsum(basic_value<T, D...> x, axes_type<Axis>) {
  return cumsum<Axis>(x);
}

}  // namespace ashlar::inline ASHLAR_ABI
