// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/value.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A dense region (all parameters, all gradients, one optimizer slot) as one row of numbers whose length only the
/// graph knows. Optimizers state their step with it as with values.
template <class T>
struct region_value {
  using element_type = T;
  graph* g = nullptr;
  int id = -1;

  constexpr region_value like(double x) const { return {g, add_constant(*g, x, dtype_of<T>, g->extents(id))}; }
  constexpr region_value with(op code) const { return {g, unary(*g, code, id)}; }
  constexpr region_value with(op code, region_value b) const { return {g, binary(*g, code, id, b.id)}; }
};

// Functions of the namespace, not friends: the front end of nvcc overlooks constrained friends of a template.
template <class T>
constexpr region_value<T> operator+(region_value<T> a, region_value<T> b) {
  return a.with(op::add, b);
}
template <class T>
constexpr region_value<T> operator-(region_value<T> a, region_value<T> b) {
  return a.with(op::sub, b);
}
template <class T>
constexpr region_value<T> operator*(region_value<T> a, region_value<T> b) {
  return a.with(op::mul, b);
}
template <class T>
constexpr region_value<T> operator/(region_value<T> a, region_value<T> b) {
  return a.with(op::div, b);
}
template <class T>
constexpr region_value<T> operator-(region_value<T> a) {
  return a.with(op::neg);
}
template <class T>
constexpr region_value<T> operator+(region_value<T> a, number auto b) {
  return a + a.like(b);
}
template <class T>
constexpr region_value<T> operator+(number auto a, region_value<T> b) {
  return b.like(a) + b;
}
template <class T>
constexpr region_value<T> operator-(number auto a, region_value<T> b) {
  return b.like(a) - b;
}
template <class T>
constexpr region_value<T> operator*(region_value<T> a, number auto b) {
  return a * a.like(b);
}
template <class T>
constexpr region_value<T> operator*(number auto a, region_value<T> b) {
  return b.like(a) * b;
}
template <class T>
constexpr region_value<T> operator/(region_value<T> a, number auto b) {
  return a / a.like(b);
}
template <class T>
constexpr region_value<T> operator/(number auto a, region_value<T> b) {
  return b.like(a) / b;
}
template <class T>
constexpr region_value<T> operator-(region_value<T> a, number auto b) {
  return a - a.like(b);
}
template <class T>
constexpr region_value<T> sqrt(region_value<T> a) {
  return a.with(op::sqrt);
}
template <class T>
constexpr region_value<T> abs(region_value<T> a) {
  return a.with(op::abs);
}
template <class T>
constexpr region_value<T> sign(region_value<T> a) {
  return a.with(op::sign);
}
template <class T>
constexpr region_value<T> tanh(region_value<T> a) {
  return a.with(op::tanh);
}
template <class T>
constexpr region_value<T> square(region_value<T> a) {
  return a * a;
}
template <class T>
constexpr region_value<T> maximum(region_value<T> a, region_value<T> b) {
  return a.with(op::maximum, b);
}
template <class T>
constexpr region_value<T> minimum(region_value<T> a, region_value<T> b) {
  return a.with(op::minimum, b);
}
/// The sum of all, in every place.
template <class T>
constexpr region_value<T> sum(region_value<T> a) {
  return {a.g, broadcast(*a.g, reduce(*a.g, op::sum, a.id, 1), a.g->extents(a.id), 0)};
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
