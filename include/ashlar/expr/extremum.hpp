// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/reduction.hpp>
#include <ashlar/expr/shaping.hpp>

/// Smallest elements, and where the largest and smallest stand.
namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// A number minus x, which turns the order of a dtype's numbers around.
template <class T, int... D>
constexpr basic_value<T, D...> reversed_order(basic_value<T, D...> const& x) {
  if constexpr (std::is_floating_point_v<T>)
    return apply(op::neg, x);
  else
    return apply<T>(op::sub, filled(x, std::is_unsigned_v<T> ? (std::is_same_v<T, bool> ? 1 : 255) : -1), x);
}

template <int Mask, bool Keep, class T, int... D>
constexpr auto smallest(basic_value<T, D...> const& x) {
  located const here(*x.g, x.at);
  return reversed_order(reduce_value<Mask, Keep>(op::max, reversed_order(x)));
}

/// The first place along an axis where the largest element stands, or a NaN; the axis stays as an extent of 1.
template <int Axis, class T, int... D>
constexpr auto first_largest(basic_value<T, D...> const& x) {
  graph& g = *x.g;
  constexpr int rank = sizeof...(D), count = make_shape<D...>()[Axis];
  shape const s = make_shape<D...>();
  auto const largest = reduce_value<1 << Axis, true>(op::max, x);
  int const rows = g[x.id].rows;
  int hit = binary(g, op::equal, x.id, broadcast(g, largest.id, s, rows));
  if constexpr (std::is_floating_point_v<T>) {
    int const is_number = binary(g, op::equal, x.id, x.id);
    hit = select(g, is_number, hit, add_constant(g, 1, dtype::boolean, s, rows));
  }
  int const place = binary(g, op::sub, add_constant(g, count, dtype::int32, s, rows),
                           broadcast(g, add_iota(g, dtype::int32, rank, Axis, count), s, rows));
  basic_value<std::int32_t, D...> const found{&g, select(g, hit, place, add_constant(g, 0, dtype::int32, s, rows))};
  auto const first = reduce_value<1 << Axis, true>(op::max, found);
  return apply<std::int32_t>(op::sub, filled(first, count), first);
}
template <int Axis, bool Keep, class T, int... D>
constexpr auto index_of_largest(basic_value<T, D...> const& x) {
  located const here(*x.g, x.at);
  using result = value_of<std::int32_t, reduced<basic_value<T, D...>, 1 << Axis, Keep>>;
  return result{x.g, detail::reshape(*x.g, first_largest<Axis>(x).id, result::shape())};
}
template <int Rank, int Axis>
consteval int axis_of() {
  static_assert(Axis >= -Rank && Axis < Rank, "ashlar: an axis is out of range for this value");
  return Axis < 0 ? Axis + Rank : Axis;
}
template <class T, int... D>
constexpr auto in_one_row(basic_value<T, D...> const& x) {
  return basic_value<T, (1 * ... * D)>{x.g, detail::reshape(*x.g, x.id, make_shape<(1 * ... * D)>())};
}

}  // namespace detail

/// Smallest element of all, or over axes<...>.  gradient: to the smallest; ties share evenly
template <class T, int... D>
constexpr basic_value<T> min(basic_value<T, D...> x) {
  return detail::smallest<(1 << sizeof...(D)) - 1, false>(x);
}
/// min over axes<...>, which vanish.
template <class T, int... D, int... A>
constexpr auto min(basic_value<T, D...> x, axes_type<A...>) {
  return detail::smallest<detail::axis_mask<sizeof...(D), A...>(), false>(x);
}
/// min that keeps the axes as extents of 1.
template <class T, int... D, int... A>
constexpr auto min_keep(basic_value<T, D...> x, axes_type<A...>) {
  return detail::smallest<detail::axis_mask<sizeof...(D), A...>(), true>(x);
}

/// The index (int32) of the largest element: of all in row-major order, or along one axis, axes<A>, which vanishes. Of
/// several it is the first; NaN counts as largest.
/// gradient: none
template <class T, int... D>
constexpr basic_value<std::int32_t> argmax(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  return detail::index_of_largest<0, false>(detail::in_one_row(x));
}
/// argmax along one axis, which vanishes.
template <class T, int... D, int A>
constexpr auto argmax(basic_value<T, D...> x, axes_type<A>) {
  return detail::index_of_largest<detail::axis_of<sizeof...(D), A>(), false>(x);
}
/// argmax that keeps the axis as an extent of 1.
template <class T, int... D, int A>
constexpr auto argmax_keep(basic_value<T, D...> x, axes_type<A>) {
  return detail::index_of_largest<detail::axis_of<sizeof...(D), A>(), true>(x);
}
/// The index (int32) of the smallest element, as argmax.  gradient: none
template <class T, int... D>
constexpr basic_value<std::int32_t> argmin(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  return detail::index_of_largest<0, false>(detail::in_one_row(detail::reversed_order(x)));
}
/// argmin along one axis, which vanishes.
template <class T, int... D, int A>
constexpr auto argmin(basic_value<T, D...> x, axes_type<A>) {
  detail::located const here(*x.g, x.at);
  return detail::index_of_largest<detail::axis_of<sizeof...(D), A>(), false>(detail::reversed_order(x));
}
/// argmin that keeps the axis as an extent of 1.
template <class T, int... D, int A>
constexpr auto argmin_keep(basic_value<T, D...> x, axes_type<A>) {
  detail::located const here(*x.g, x.at);
  return detail::index_of_largest<detail::axis_of<sizeof...(D), A>(), true>(detail::reversed_order(x));
}

/// min<0, -1>(x) is min(x, axes<0, -1>).
template <int Axis, int... More, class T, int... D>
constexpr auto min(basic_value<T, D...> x) {
  return min(x, axes<Axis, More...>);
}
/// min_keep<0, -1>(x) is min_keep(x, axes<0, -1>).
template <int Axis, int... More, class T, int... D>
constexpr auto min_keep(basic_value<T, D...> x) {
  return min_keep(x, axes<Axis, More...>);
}
/// argmax<1>(x) is argmax(x, axes<1>).
template <int Axis, class T, int... D>
constexpr auto argmax(basic_value<T, D...> x) {
  return argmax(x, axes<Axis>);
}
/// argmax_keep<1>(x) is argmax_keep(x, axes<1>).
template <int Axis, class T, int... D>
constexpr auto argmax_keep(basic_value<T, D...> x) {
  return argmax_keep(x, axes<Axis>);
}
/// argmin<1>(x) is argmin(x, axes<1>).
template <int Axis, class T, int... D>
constexpr auto argmin(basic_value<T, D...> x) {
  return argmin(x, axes<Axis>);
}
/// argmin_keep<1>(x) is argmin_keep(x, axes<1>).
template <int Axis, class T, int... D>
constexpr auto argmin_keep(basic_value<T, D...> x) {
  return argmin_keep(x, axes<Axis>);
}

}  // namespace ashlar::inline ASHLAR_ABI
