// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>

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
/// The same of two inputs: Gradient{}(a, b, y, d) is a tuple of the gradients for both.
template <class Gradient, class A, class B, class Y>
constexpr Y stated(char const* name, A a, B b, Y y) {
  annotation note;
  note.name = name;
  note.inputs[0] = a.id;
  note.inputs[1] = b.id;
  note.output = y.id;
  note.is_stated = true;
  note.gradient = [](graph& g, annotation const& self, int d, int* adjoints) {
    auto const both = Gradient{}(A{&g, self.inputs[0]}, B{&g, self.inputs[1]}, Y{&g, self.output}, Y{&g, d});
    adjoints[0] = std::get<0>(both).id;
    adjoints[1] = std::get<1>(both).id;
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

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
