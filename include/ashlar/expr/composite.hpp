// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/reduction.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// Names the nodes between x and y as one composite whose gradient is stated: Gradient{}(x, y, d) is the gradient for
/// x, an expression like any other.
template <class Gradient, class X, class Y>
constexpr Y stated(char const* name, X x, Y y) {
  annotation note;
  note.name = name;
  note.inputs[0] = x.id;
  note.output = y.id;
  note.is_stated = true;
  note.gradient = [](graph& g, annotation const& self, int d, int* adjoints) {
    adjoints[0] = Gradient{}(X{&g, self.inputs[0]}, Y{&g, self.output}, Y{&g, d}).id;
  };
  y.g->annotations.push(note);
  return y;
}
/// Names the nodes between x and y; their gradient is derived.
template <class X, class Y>
constexpr Y named_composite(char const* name, X x, Y y) {
  annotation note;
  note.name = name;
  note.inputs[0] = x.id;
  note.output = y.id;
  y.g->annotations.push(note);
  return y;
}

struct log_softmax_gradient {
  template <class V>
  constexpr V operator()(V, V y, V d) const {
    return d - exp(y) * sum_keep(d, axes<-1>);
  }
};

}  // namespace detail

/// Logarithm of the softmax over the last axis; finite for logits of any size, infinite ones included.
/// gradient: d - softmax(x) * sum(d), stated
template <class T, int... D>
constexpr basic_value<T, D...> log_softmax(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  auto const zero = detail::filled(x, 0);
  auto largest = max_keep(x, axes<-1>);
  auto shifted = select(equal(x, largest), zero, x - largest);  // inf - inf would be NaN
  auto y = shifted - log(sum_keep(exp(shifted), axes<-1>));
  return detail::stated<detail::log_softmax_gradient>("log_softmax", x, y);
}
/// Softmax over the last axis.
template <class T, int... D>
constexpr basic_value<T, D...> softmax(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  return exp(log_softmax(x));
}

}  // namespace ashlar::inline ASHLAR_ABI
