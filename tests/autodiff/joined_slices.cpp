// SPDX-License-Identifier: MIT
#include <ashlar/autodiff/joined_slices.hpp>

#include <doctest/doctest.h>

#include <ashlar/autodiff/sweep.hpp>

#include "support/check_graph.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::of;

namespace {

int leaf(graph& g, std::initializer_list<int> extents) {
  return add_leaf(g, op::input, dtype::float32, of(extents), 0, g.ordinal());
}
/// x along axis 1 of [2, 9], from `begin` on.
int padded(graph& g, int x, int begin) { return pad(g, x, 1, begin, 9); }

}  // namespace

TEST_CASE("slices that fill an axis are joined in the order of their places") {
  graph g;
  int const a = leaf(g, {2, 2}), b = leaf(g, {2, 4}), c = leaf(g, {2, 3});
  int const sum = binary(g, op::add, padded(g, c, 6), padded(g, a, 0));
  int const joined = joined_slices(g, sum, padded(g, b, 2));
  REQUIRE(joined >= 0);
  CHECK(g[joined].code == op::concat);
  CHECK(g[joined].in[0] == a);
  CHECK(g[joined].in[1] == b);
  CHECK(g[joined].in[2] == c);
}
TEST_CASE("slices that leave a gap, overlap, or stand beside another value are added") {
  graph g;
  int const a = leaf(g, {2, 2}), b = leaf(g, {2, 4}), c = leaf(g, {2, 3}), whole = leaf(g, {2, 9});
  int const first = padded(g, a, 0), middle = padded(g, b, 2), last = padded(g, c, 6);
  CHECK(joined_slices(g, first, middle) == -1);
  CHECK(joined_slices(g, first, last) == -1);
  CHECK(joined_slices(g, binary(g, op::add, first, first), last) == -1);
  CHECK(joined_slices(g, binary(g, op::add, first, padded(g, b, 3)), last) == -1);
  CHECK(joined_slices(g, binary(g, op::add, whole, middle), last) == -1);
  CHECK(joined_slices(g, binary(g, op::add, first, last), whole) == -1);
  int const third = leaf(g, {2, 3});
  int const every_second = pad(g, third, 1, 0, 6, 2);
  CHECK(joined_slices(g, every_second, pad(g, third, 1, 1, 6, 2)) == -1);
  CHECK(joined_slices(g, pad(g, leaf(g, {1, 9}), 0, 0, 2), pad(g, leaf(g, {1, 9}), 0, 1, 2)) >= 0);
}
TEST_CASE("the gradient of a value that is read in slices has no pad and no sum") {
  graph g;
  int const x = leaf(g, {3, 8});
  int const y = binary(g, op::mul, slice(g, x, 1, 4, 4), unary(g, op::tanh, slice(g, x, 1, 0, 4)));
  adjoints adj(g);
  adj.needed[x] = 1;
  adj.of[y] = add_like(g, y, 1);
  sweep(g, adj);
  CHECK(g[adj.of[x]].code == op::concat);
}
