// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>
#include <utility>

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
/// The same of several inputs: Gradient{}(inputs..., y, d) is a tuple of the gradients for all of them.
template <class Gradient, class Y, class... X>
requires(sizeof...(X) > 1) constexpr Y stated_of_several(char const* name, Y y, X... x) {
  annotation note;
  note.name = name;
  int k = 0;
  ((note.inputs[k++] = x.id), ...);
  note.output = y.id;
  note.is_stated = true;
  note.gradient = [](graph& g, annotation const& self, int d, int* adjoints) {
    [&]<int... K>(std::integer_sequence<int, K...>) {
      auto const all = Gradient{}(X{&g, self.inputs[K]}..., Y{&g, self.output}, Y{&g, d});
      ((adjoints[K] = std::get<K>(all).id), ...);
    }
    (std::make_integer_sequence<int, sizeof...(X)>{});
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
