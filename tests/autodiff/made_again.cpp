// SPDX-License-Identifier: MIT
#include <ashlar/autodiff/loop_gradient.hpp>

#include <doctest/doctest.h>

#include <ashlar/expr/value.hpp>

#include "support/check_graph.hpp"
#include "support/make_loop.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::loop_arguments;
using proof::make_loop;
using proof::nodes;
using proof::of;

namespace {

int plus(graph& g, int x, int y) { return binary(g, op::add, x, y); }
int times(graph& g, int x, int y) { return binary(g, op::mul, x, y); }
int times(graph& g, int x, double factor) {
  return times(g, x, add_constant(g, factor, g[x].type, g.extents(x), g[x].rows));
}

/// The operations whose results a loop of this body stacks for its gradient, beside its carry.
template <class Body>
std::vector<op> stacks_of(std::vector<shape> const& inputs, Body body) {
  graph g;
  list<int> x;
  for (shape const& s : inputs) x.push(add_leaf(g, op::input, dtype::float64, s, 0, x.size()));
  int const y = make_loop(g, 3, false, {nodes({x[0]}), nodes({x[1]}), nodes({x[2]})}, body)[0];
  adjoints adj(g);
  for (int i : x) adj.needed[i] = 1;
  adj.of[y] = add_constant(g, 1, dtype::float64, g.extents(y));
  sweep(g, adj);
  loop const& forward = *g.loops[0];
  std::vector<op> found;
  for (int k = forward.carries; k < forward.results.size(); ++k)
    found.push_back((*forward.body)[forward.results[k]].code);
  return found;
}
template <class Body>
void prove(std::vector<shape> const& inputs, Body body) {
  proof::check_graph(inputs, [&](graph& g, list<int> const& x) {
    return make_loop(g, 3, false, {nodes({x[0]}), nodes({x[1]}), nodes({x[2]})}, body)[0];
  });
}
std::vector<shape> const inputs = {of({2, 3}), of({3, 3}), of({3, 1, 3})};

/// A GELU of x w + s.
list<int> smooth(graph& b, loop_arguments const& a) {
  int const x = matmul(b, a.carries[0], a.invariants[0]);
  int const u = plus(b, x, broadcast(b, a.slices[0], of({2, 3}), 0));
  int const e = unary(b, op::erf, times(b, u, 0.7));
  return nodes({plus(b, times(b, u, 0.5), times(b, times(b, u, 0.5), e))});
}
/// What it multiplies by is a product of what is saved, but is read by a product itself.
list<int> squared(graph& b, loop_arguments const& a) {
  int const t = unary(b, op::tanh, matmul(b, a.carries[0], a.invariants[0]));
  return nodes({plus(b, matmul(b, times(b, t, t), a.invariants[0]), broadcast(b, a.slices[0], of({2, 3}), 0))});
}
/// A mask of random numbers, and what it lets through.
list<int> dropped(graph& b, loop_arguments const& a) {
  int const t =
      unary(b, op::tanh, plus(b, matmul(b, a.carries[0], a.invariants[0]), broadcast(b, a.slices[0], of({2, 3}), 0)));
  int const random = add_random(b, dtype::float64, of({2, 3}), 0, 77);
  int const kept = binary(b, op::greater, random, add_constant(b, 0.3, dtype::float64, of({2, 3})));
  return nodes({select(b, kept, times(b, t, 2.0), add_constant(b, 0, dtype::float64, of({2, 3})))});
}
/// tanh of a long chain, of which a factor is needed again.
template <int Length>
list<int> chained(graph& b, loop_arguments const& a) {
  int const x = unary(b, op::tanh, matmul(b, a.carries[0], a.invariants[0]));
  int y = x;
  for (int i = 0; i < Length; ++i) y = plus(b, y, times(b, x, 0.1 * (i + 1)));
  return nodes({plus(b, unary(b, op::sin, y), broadcast(b, a.slices[0], of({2, 3}), 0))});
}
/// Products of parts of one value, of all of it or of a half.
template <int Parts>
list<int> of_parts(graph& b, loop_arguments const& a) {
  int const u = plus(b, a.carries[0], broadcast(b, a.slices[0], of({2, 4}), 0));
  int const left = slice(b, u, 1, 0, 2), right = slice(b, u, 1, 2 * (Parts - 1), 2);
  int const scores = matmul(b, left, right, false, true);
  return nodes({concat(b, 1, scores, matmul(b, scores, a.invariants[0]))});
}

}  // namespace

TEST_CASE("made_again: what a product wrote is saved instead of sums and products of it") {
  prove(inputs, smooth);
  // x w, erf and the carry that the product reads; neither 0.7 u nor 0.5 u
  CHECK(stacks_of(inputs, smooth) == std::vector{op::argument, op::matmul, op::erf});
}

TEST_CASE("made_again: what lies in memory for a product is saved as it is") {
  prove(inputs, squared);
  CHECK(stacks_of(inputs, squared) == std::vector{op::argument, op::tanh, op::mul});
}

TEST_CASE("made_again: a mask of random numbers is drawn again") {
  prove(inputs, dropped);
  CHECK(stacks_of(inputs, dropped) == std::vector{op::argument, op::tanh});
}

TEST_CASE("made_again: a value of a long chain is saved") {
  prove(inputs, chained<2>);
  prove(inputs, chained<6>);
  CHECK(stacks_of(inputs, chained<2>) == std::vector{op::argument, op::tanh});
  CHECK(stacks_of(inputs, chained<6>) == std::vector{op::argument, op::tanh, op::add});
}

TEST_CASE("made_again: parts that products read are found in what they are parts of, where that is no larger") {
  std::vector<shape> const even = {of({2, 4}), of({2, 2}), of({3, 1, 4})};
  prove(even, of_parts<2>);
  prove(even, of_parts<1>);
  CHECK(stacks_of(even, of_parts<2>) == std::vector{op::add, op::matmul});
  CHECK(stacks_of(even, of_parts<1>) == std::vector{op::slice, op::matmul});
}
