// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/misfit_functions.hpp>

/// Pointwise operators and functions of values. Two operands follow NumPy's broadcasting; numbers take the value's
/// dtype, which must hold them. Whole numbers are exact and wrap around; they divide towards zero, and by zero give 0;
/// exp and others that give fractions refuse them. On bool, + is or, - is unequal, * and / are and.
namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class A, class B>
struct broadcast_of {
  static constexpr shape value = broadcast_shape(A::shape(), B::shape());
};

template <int... Extents>
struct left_operand {};
template <int... Extents>
struct right_operand {};

template <int LeftExtent, int RightExtent, class Left, class Right>
struct operands_do_not_broadcast {
  template <class Path>
  struct report {
    static_assert(LeftExtent == RightExtent,
                  "ashlar: the shapes of the two operands do not broadcast: each pair of extents, counted from the "
                  "last, must be equal or 1 (this message states the first pair that is not, both operands, and the "
                  "path of the layer)");
  };
};
template <class LeftType, class RightType, class Left, class Right>
struct operands_differ_in_dtype {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<LeftType, RightType>,
                  "ashlar: two operands must share a dtype; convert<T>(x) changes one's (this message states both "
                  "types, both operands, and the path of the layer)");
  };
};

/// The extent of `a` in the first pair, counted from the last, that does not broadcast.
constexpr int unequal_extent(shape const& a, shape const& b) {
  for (int i = 1; i <= a.rank && i <= b.rank; ++i)
    if (int p = a[a.rank - i], q = b[b.rank - i]; p != q && p != 1 && q != 1) return p;
  return 0;
}

/// The rows of a result of shape s: those of an operand j that has its axis 0, else as before.
constexpr int rows_after(graph const& g, int j, shape const& s, int before) {
  node const& n = g[j];
  return n.extents.rank == s.rank && n.rows && n.extents[0] == s[0] ? n.rows : before;
}

template <class R, class A, class B>
constexpr R combine(op code, A const& a, B const& b) {
  graph& g = graph_of(a, b);
  located const here(g, place_of(a, b));
  int x = node_in(g, a), y = node_in(g, b);
  shape s = R::shape();
  int rows = 0;
  for (int j : {x, y}) rows = rows_after(g, j, s, rows);
  return {&g, binary(g, code, broadcast(g, x, s, rows), broadcast(g, y, s, rows))};
}
/// An operation of two values, broadcast; Result is its dtype.
template <class Result, class T, int... A, class U, int... B>
constexpr auto apply(op code, basic_value<T, A...> const& a, basic_value<U, B...> const& b) {
  using broadcast = broadcast_of<basic_value<T, A...>, basic_value<U, B...>>;
  if constexpr (!std::is_same_v<T, U>) {
    return misfit<layer_path<>, operands_differ_in_dtype<T, U, left_operand<A...>, right_operand<B...>>>{};
  } else if constexpr (broadcast::value.rank < 0) {
    constexpr int left = unequal_extent(make_shape<A...>(), make_shape<B...>());
    constexpr int right = unequal_extent(make_shape<B...>(), make_shape<A...>());
    return misfit<layer_path<>, operands_do_not_broadcast<left, right, left_operand<A...>, right_operand<B...>>>{};
  } else {
    return combine<value_of<Result, broadcast>>(code, a, b);
  }
}

/// select, broadcast to R.
template <class R, class C, class A, class B>
constexpr R choose(C const& condition, A const& a, B const& b) {
  graph& g = graph_of(condition, a, b);
  located const here(g, place_of(condition, a, b));
  int const c = node_in(g, condition), x = node_in(g, a), y = node_in(g, b);
  shape const s = R::shape();
  int rows = 0;
  for (int j : {c, x, y}) rows = rows_after(g, j, s, rows);
  return {&g, select(g, broadcast(g, c, s, rows), broadcast(g, x, s, rows), broadcast(g, y, s, rows))};
}

template <class T, int... D>
constexpr basic_value<T, D...> apply(op code, basic_value<T, D...> const& x) {
  located const here(*x.g, x.at);
  return {x.g, unary(*x.g, code, x.id)};
}
/// Where `a op= b` stands: b was copied there, where it is a value; a was made before.
template <class B, class V>
constexpr place place_of_operand(B const& b, V const& a) {
  if constexpr (any_value<B>)
    return place_of(b, a);
  else
    return a.at;
}
/// A number for every element of a value: one that its dtype holds, and the graph's constants, which are doubles.
template <class T, int... D, number N>
constexpr basic_value<T, D...> filled(basic_value<T, D...> const& like, N number) {
  double const as_double = static_cast<double>(number);
  if constexpr (!std::is_floating_point_v<T>) {
    located const here(*like.g, like.at);
    bool held = number_in(dtype_of<T>, as_double) == as_double;
    if constexpr (!std::is_floating_point_v<N>)
      held = held && as_double < 0x1p63 && static_cast<N>(as_double) == number;
    if (!held) like.g->note(refusal::number_beyond_dtype);
  }
  return {like.g, add_like(*like.g, like.id, as_double)};
}

}  // namespace detail

/// Sum, element by element, with NumPy's broadcasting.
template <class T, int... A, class U, int... B>
constexpr auto operator+(basic_value<T, A...> a, basic_value<U, B...> b) {
  return detail::apply<T>(detail::op::add, a, b);
}
/// Difference, element by element, with NumPy's broadcasting.
template <class T, int... A, class U, int... B>
constexpr auto operator-(basic_value<T, A...> a, basic_value<U, B...> b) {
  return detail::apply<T>(detail::op::sub, a, b);
}
/// Product, element by element, with NumPy's broadcasting.
template <class T, int... A, class U, int... B>
constexpr auto operator*(basic_value<T, A...> a, basic_value<U, B...> b) {
  return detail::apply<T>(detail::op::mul, a, b);
}
/// Quotient, element by element, with NumPy's broadcasting.
template <class T, int... A, class U, int... B>
constexpr auto operator/(basic_value<T, A...> a, basic_value<U, B...> b) {
  return detail::apply<T>(detail::op::div, a, b);
}
/// The negative of each element.
template <detail::any_value V>
constexpr V operator-(V x) {
  return detail::apply(detail::op::neg, x);
}
/// Sum with a number.
template <detail::any_value V>
constexpr V operator+(V x, detail::number auto b) {
  return detail::apply<typename V::element_type>(detail::op::add, x, detail::filled(x, b));
}
/// Sum with a number.
template <detail::any_value V>
constexpr V operator+(detail::number auto a, V x) {
  return detail::apply<typename V::element_type>(detail::op::add, x, detail::filled(x, a));
}
/// Difference from a number.
template <detail::any_value V>
constexpr V operator-(V x, detail::number auto b) {
  return detail::apply<typename V::element_type>(detail::op::sub, x, detail::filled(x, b));
}
/// Difference from a number.
template <detail::any_value V>
constexpr V operator-(detail::number auto a, V x) {
  return detail::apply<typename V::element_type>(detail::op::sub, detail::filled(x, a), x);
}
/// Product with a number.
template <detail::any_value V>
constexpr V operator*(V x, detail::number auto b) {
  return detail::apply<typename V::element_type>(detail::op::mul, x, detail::filled(x, b));
}
/// Product with a number.
template <detail::any_value V>
constexpr V operator*(detail::number auto a, V x) {
  return detail::apply<typename V::element_type>(detail::op::mul, x, detail::filled(x, a));
}
/// Quotient by a number.
template <detail::any_value V>
constexpr V operator/(V x, detail::number auto b) {
  return detail::apply<typename V::element_type>(detail::op::div, x, detail::filled(x, b));
}
/// A number divided by each element.
template <detail::any_value V>
constexpr V operator/(detail::number auto a, V x) {
  return detail::apply<typename V::element_type>(detail::op::div, detail::filled(x, a), x);
}

/// e to the power of x.  gradient: d * exp(x)
template <class T, int... D>
constexpr basic_value<T, D...> exp(basic_value<T, D...> x) {
  return detail::apply(detail::op::exp, x);
}
/// Natural logarithm.  gradient: d / x
template <class T, int... D>
constexpr basic_value<T, D...> log(basic_value<T, D...> x) {
  return detail::apply(detail::op::log, x);
}
/// Hyperbolic tangent.  gradient: d * (1 - tanh(x)^2)
template <class T, int... D>
constexpr basic_value<T, D...> tanh(basic_value<T, D...> x) {
  return detail::apply(detail::op::tanh, x);
}
/// Square root.  gradient: d / (2 sqrt(x)), 0 at 0
template <class T, int... D>
constexpr basic_value<T, D...> sqrt(basic_value<T, D...> x) {
  return detail::apply(detail::op::sqrt, x);
}
/// 1 / sqrt(x).  gradient: -d/2 * rsqrt(x)^3
template <class T, int... D>
constexpr basic_value<T, D...> rsqrt(basic_value<T, D...> x) {
  return detail::apply(detail::op::rsqrt, x);
}
/// Absolute value.  gradient: d * sign(x), 0 at 0
template <class T, int... D>
constexpr basic_value<T, D...> abs(basic_value<T, D...> x) {
  return detail::apply(detail::op::abs, x);
}
/// -1, 0 or 1; NaN of NaN, where PyTorch has 0.  gradient: none
template <class T, int... D>
constexpr basic_value<T, D...> sign(basic_value<T, D...> x) {
  return detail::apply(detail::op::sign, x);
}
/// x * x.
template <class T, int... D>
constexpr basic_value<T, D...> square(basic_value<T, D...> x) {
  return detail::apply<T>(detail::op::mul, x, x);
}

/// The larger of two.  gradient: to the larger; ties share evenly; to both where one is NaN
template <class T, int... A, class U, int... B>
constexpr auto maximum(basic_value<T, A...> a, basic_value<U, B...> b) {
  return detail::apply<T>(detail::op::maximum, a, b);
}
/// The larger of each element and a number.
template <detail::any_value V>
constexpr V maximum(V x, detail::number auto b) {
  return detail::apply<typename V::element_type>(detail::op::maximum, x, detail::filled(x, b));
}
/// The smaller of two.  gradient: to the smaller; ties share evenly; to both where one is NaN
template <class T, int... A, class U, int... B>
constexpr auto minimum(basic_value<T, A...> a, basic_value<U, B...> b) {
  return detail::apply<T>(detail::op::minimum, a, b);
}
/// The smaller of each element and a number.
template <detail::any_value V>
constexpr V minimum(V x, detail::number auto b) {
  return detail::apply<typename V::element_type>(detail::op::minimum, x, detail::filled(x, b));
}

/// Whether a is larger, element by element; false where one is NaN.
template <class T, int... A, class U, int... B>
constexpr auto operator>(basic_value<T, A...> a, basic_value<U, B...> b) {
  return detail::apply<bool>(detail::op::greater, a, b);
}
/// Whether a is smaller, element by element; false where one is NaN.
template <class T, int... A, class U, int... B>
constexpr auto operator<(basic_value<T, A...> a, basic_value<U, B...> b) {
  return detail::apply<bool>(detail::op::greater, b, a);
}
/// Whether each element is larger than a number.
template <detail::any_value V>
constexpr auto operator>(V x, detail::number auto b) {
  return detail::apply<bool>(detail::op::greater, x, detail::filled(x, b));
}
/// Whether each element is smaller than a number.
template <detail::any_value V>
constexpr auto operator<(V x, detail::number auto b) {
  return detail::apply<bool>(detail::op::greater, detail::filled(x, b), x);
}
/// Whether two are equal, element by element.  gradient: none
template <class T, int... A, class U, int... B>
constexpr auto equal(basic_value<T, A...> a, basic_value<U, B...> b) {
  return detail::apply<bool>(detail::op::equal, a, b);
}

/// Whether each element is equal to a number.  gradient: none
template <detail::any_value V>
constexpr auto equal(V x, detail::number auto b) {
  return detail::apply<bool>(detail::op::equal, x, detail::filled(x, b));
}
/// Whether a condition does not hold, element by element.
template <int... D>
constexpr basic_value<bool, D...> operator!(basic_value<bool, D...> x) {
  return detail::apply<bool>(detail::op::sub, detail::filled(x, 1), x);
}

/// a > b or equal, element by element; false where one is NaN.
template <detail::any_value A, detail::any_value B>
constexpr auto operator>=(A a, B b) {
  detail::located const here(detail::graph_of(a, b), detail::place_of(a, b));
  return (a > b) + equal(a, b);
}
/// a < b or equal, element by element; false where one is NaN.
template <detail::any_value A, detail::any_value B>
constexpr auto operator<=(A a, B b) {
  detail::located const here(detail::graph_of(a, b), detail::place_of(a, b));
  return (a < b) + equal(a, b);
}
/// Whether each element is a number or larger.
template <detail::any_value V>
constexpr auto operator>=(V x, detail::number auto b) {
  detail::located const here(*x.g, x.at);
  return x >= detail::filled(x, b);
}
/// Whether each element is a number or smaller.
template <detail::any_value V>
constexpr auto operator<=(V x, detail::number auto b) {
  detail::located const here(*x.g, x.at);
  return x <= detail::filled(x, b);
}

/// a = a + b, where the sum has the type of a.
template <detail::any_value V, class B>
requires std::is_same_v<V, decltype(std::declval<V>() + std::declval<B>())>
constexpr V& operator+=(V& a, B b) {
  detail::located const here(*a.g, detail::place_of_operand(b, a));
  return a = a + b;
}
/// a = a - b, where the difference has the type of a.
template <detail::any_value V, class B>
requires std::is_same_v<V, decltype(std::declval<V>() - std::declval<B>())>
constexpr V& operator-=(V& a, B b) {
  detail::located const here(*a.g, detail::place_of_operand(b, a));
  return a = a - b;
}
/// a = a * b, where the product has the type of a.
template <detail::any_value V, class B>
requires std::is_same_v<V, decltype(std::declval<V>() * std::declval<B>())>
constexpr V& operator*=(V& a, B b) {
  detail::located const here(*a.g, detail::place_of_operand(b, a));
  return a = a * b;
}
/// a = a / b, where the quotient has the type of a.
template <detail::any_value V, class B>
requires std::is_same_v<V, decltype(std::declval<V>() / std::declval<B>())>
constexpr V& operator/=(V& a, B b) {
  detail::located const here(*a.g, detail::place_of_operand(b, a));
  return a = a / b;
}

/// The same numbers as another dtype.  gradient: converted back
template <class To, class T, int... D>
constexpr basic_value<To, D...> convert(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  return {x.g, detail::convert(*x.g, x.id, dtype_of<To>)};
}

/// condition ? a : b, element by element; the three follow NumPy's broadcasting.  gradient: to the one chosen
template <class T, int... C, int... A, int... B>
constexpr auto select(basic_value<bool, C...> condition, basic_value<T, A...> a, basic_value<T, B...> b) {
  using branches = detail::broadcast_of<basic_value<T, A...>, basic_value<T, B...>>;
  if constexpr (branches::value.rank < 0) {
    return a + b;  // whose answer says so
  } else {
    using all = detail::broadcast_of<detail::value_of<T, branches>, basic_value<bool, C...>>;
    if constexpr (all::value.rank < 0)
      return convert<T>(condition) + detail::value_of<T, branches>{};
    else
      return detail::choose<detail::value_of<T, all>>(condition, a, b);
  }
}
/// a where the condition holds, else a number.
template <int... C, detail::any_value V>
constexpr auto select(basic_value<bool, C...> condition, V a, detail::number auto b) {
  detail::located const here(detail::graph_of(condition, a), detail::place_of(condition, a));
  return select(condition, a, detail::filled(a, b));
}
/// A number where the condition holds, else b.
template <int... C, detail::any_value V>
constexpr auto select(basic_value<bool, C...> condition, detail::number auto a, V b) {
  detail::located const here(detail::graph_of(condition, b), detail::place_of(condition, b));
  return select(condition, detail::filled(b, a), b);
}
/// Refuses two dtypes in a sentence.
template <int... C, detail::any_value A, detail::any_value B>
constexpr auto select(basic_value<bool, C...>, A a, B b) {
  return a + b;  // of two dtypes: whose answer says so
}

}  // namespace ashlar::inline ASHLAR_ABI
