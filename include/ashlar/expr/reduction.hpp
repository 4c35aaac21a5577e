// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/pointwise.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// The axes a reduction runs over; negative ones count from the last.
template <int... Axes>
struct axes_type {};
/// Axes to reduce over, the last of them as -1: `sum(x, axes<0, -1>)`. Functions along an axis take it in either way:
/// `sum<0, -1>(x)`, `cumsum(x, axes<1>)`.
template <int... Axes>
inline constexpr axes_type<Axes...> axes{};

namespace detail {

template <int Rank, int... Axes>
consteval int axis_mask() {
  static_assert(((Axes >= -Rank && Axes < Rank) && ...), "ashlar: an axis is out of range for this value");
  int mask = 0;
  ((mask |= 1 << (Axes < 0 ? Axes + Rank : Axes)), ...);
  return mask;
}
template <class V, int Mask, bool Keep>
struct reduced {
  static constexpr shape value = [] {
    shape s;
    for (int i = 0; i < V::rank; ++i) {
      if (!(Mask >> i & 1))
        s.extent[s.rank++] = V::shape()[i];
      else if (Keep)
        s.extent[s.rank++] = 1;
    }
    return s;
  }();
};

/// Truth values as numbers that are counted; all others as they are.
template <class T>
using counted_as = std::conditional_t<std::is_same_v<T, bool>, std::int64_t, T>;
template <class T, int... D>
constexpr int countable(basic_value<T, D...> const& x) {
  return std::is_same_v<T, bool> ? convert(*x.g, x.id, dtype_of<counted_as<T>>) : x.id;
}
/// The reduction of the node `from`, which has the extents of x.
template <int Mask, bool Keep, class To, class V>
constexpr auto reduce_node(op code, V const& x, int from) {
  using result = value_of<To, reduced<V, Mask, Keep>>;
  int r = reduce(*x.g, code, from, Mask);
  return result{x.g, reshape(*x.g, r, result::shape())};
}
template <int Mask, bool Keep, class T, int... D>
constexpr auto reduce_value(op code, basic_value<T, D...> const& x) {
  located const here(*x.g, x.at);
  return reduce_node<Mask, Keep, T>(code, x, x.id);
}
template <int Mask, bool Keep, class T, int... D>
constexpr auto sum_value(basic_value<T, D...> const& x) {
  located const here(*x.g, x.at);
  return reduce_node<Mask, Keep, counted_as<T>>(op::sum, x, countable(x));
}

/// How many elements a mean over these axes divides by: a constant, or a value where the batch is among them.
template <int Mask, class T, int... D>
constexpr basic_value<T> count_of(basic_value<T, D...> const& x) {
  graph& g = *x.g;
  double n = 1;
  int rows = Mask & 1 ? g[x.id].rows : 0;
  for (int i = 0; i < basic_value<T, D...>::rank; ++i)
    if (Mask >> i & 1) n *= i == 0 && rows ? rows : g[x.id].extents[i];
  int c = add_constant(g, n, dtype_of<T>);
  if (rows) c = binary(g, op::mul, c, rows_scalar(g, dtype_of<T>));
  return {&g, c};
}
/// The mean over axes of which this is the sum.
template <int Mask, class T, int... D, class V>
constexpr V mean_of(basic_value<T, D...> const& x, V const& total) {
  if constexpr (std::is_floating_point_v<T>) {
    return total / count_of<Mask>(x);
  } else {
    x.g->note(refusal::whole_numbers);
    return total;
  }
}

}  // namespace detail

namespace detail {

template <class Given>
struct axes_as_numbers {
  template <class Path>
  struct report {
    static_assert(
        std::is_same_v<Given, Path>,
        "ashlar: the axes of sum, mean and max are template arguments: sum(x, axes<0>) or sum<0>(x), not sum(x, 0)");
  };
};

}  // namespace detail

/// Refuses an axis that is given as a number, in a sentence.
template <detail::any_value V, detail::number N>
constexpr auto sum(V, N) {
  return detail::misfit<layer_path<>, detail::axes_as_numbers<N>>{};
}
/// Refuses an axis that is given as a number, in a sentence.
template <detail::any_value V, detail::number N>
constexpr auto mean(V, N) {
  return detail::misfit<layer_path<>, detail::axes_as_numbers<N>>{};
}
/// Refuses an axis that is given as a number, in a sentence.
template <detail::any_value V, detail::number N>
constexpr auto max(V, N) {
  return detail::misfit<layer_path<>, detail::axes_as_numbers<N>>{};
}

/// Sum of all elements, or over axes<...> (which vanish); over the batch, of its valid rows. Of truth values it is how
/// many are true (std::int64_t).
/// gradient: d for every element
/// example: auto right = sum(equal(argmax(y, axes<1>), label));
template <class T, int... D>
constexpr auto sum(basic_value<T, D...> x) {
  return detail::sum_value<(1 << sizeof...(D)) - 1, false>(x);
}
/// Sum over some axes, which vanish.
template <class T, int... D, int... A>
constexpr auto sum(basic_value<T, D...> x, axes_type<A...>) {
  return detail::sum_value<detail::axis_mask<sizeof...(D), A...>(), false>(x);
}
/// sum that keeps the axes as extents of 1.
template <class T, int... D, int... A>
constexpr auto sum_keep(basic_value<T, D...> x, axes_type<A...>) {
  return detail::sum_value<detail::axis_mask<sizeof...(D), A...>(), true>(x);
}
/// Largest element of all, or over axes<...>.  gradient: to the largest; ties share evenly
template <class T, int... D>
constexpr basic_value<T> max(basic_value<T, D...> x) {
  return detail::reduce_value<(1 << sizeof...(D)) - 1, false>(detail::op::max, x);
}
/// Largest element over some axes, which vanish.
template <class T, int... D, int... A>
constexpr auto max(basic_value<T, D...> x, axes_type<A...>) {
  return detail::reduce_value<detail::axis_mask<sizeof...(D), A...>(), false>(detail::op::max, x);
}
/// max that keeps the axes as extents of 1.
template <class T, int... D, int... A>
constexpr auto max_keep(basic_value<T, D...> x, axes_type<A...>) {
  return detail::reduce_value<detail::axis_mask<sizeof...(D), A...>(), true>(detail::op::max, x);
}
/// Arithmetic mean of all elements, or over axes<...>; over the batch, of its valid rows.
template <class T, int... D>
constexpr auto mean(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  return detail::mean_of<(1 << sizeof...(D)) - 1>(x, sum(x));
}
/// Arithmetic mean over some axes, which vanish.
template <class T, int... D, int... A>
constexpr auto mean(basic_value<T, D...> x, axes_type<A...> over) {
  detail::located const here(*x.g, x.at);
  return detail::mean_of<detail::axis_mask<sizeof...(D), A...>()>(x, sum(x, over));
}
/// mean that keeps the axes as extents of 1.
template <class T, int... D, int... A>
constexpr auto mean_keep(basic_value<T, D...> x, axes_type<A...> over) {
  detail::located const here(*x.g, x.at);
  return detail::mean_of<detail::axis_mask<sizeof...(D), A...>()>(x, sum_keep(x, over));
}

/// sum<0, -1>(x) is sum(x, axes<0, -1>).
template <int Axis, int... More, class T, int... D>
constexpr auto sum(basic_value<T, D...> x) {
  return sum(x, axes<Axis, More...>);
}
/// sum_keep<0, -1>(x) is sum_keep(x, axes<0, -1>).
template <int Axis, int... More, class T, int... D>
constexpr auto sum_keep(basic_value<T, D...> x) {
  return sum_keep(x, axes<Axis, More...>);
}
/// mean<0, -1>(x) is mean(x, axes<0, -1>).
template <int Axis, int... More, class T, int... D>
constexpr auto mean(basic_value<T, D...> x) {
  return mean(x, axes<Axis, More...>);
}
/// mean_keep<0, -1>(x) is mean_keep(x, axes<0, -1>).
template <int Axis, int... More, class T, int... D>
constexpr auto mean_keep(basic_value<T, D...> x) {
  return mean_keep(x, axes<Axis, More...>);
}
/// max<0, -1>(x) is max(x, axes<0, -1>).
template <int Axis, int... More, class T, int... D>
constexpr auto max(basic_value<T, D...> x) {
  return max(x, axes<Axis, More...>);
}
/// max_keep<0, -1>(x) is max_keep(x, axes<0, -1>).
template <int Axis, int... More, class T, int... D>
constexpr auto max_keep(basic_value<T, D...> x) {
  return max_keep(x, axes<Axis, More...>);
}

}  // namespace ashlar::inline ASHLAR_ABI
