// SPDX-License-Identifier: MIT
#include <ashlar/graph/graph.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include <ashlar/graph/build.hpp>

#include "support/shapes.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::of;

namespace {

int leaf(graph& g, std::initializer_list<int> extents, int rows = 0) {
  return add_leaf(g, op::input, dtype::float32, of(extents), rows, g.ordinal());
}

}  // namespace

TEST_CASE("equal pure nodes are one node; the order of operands does not matter where the operation commutes") {
  graph g;
  int const x = leaf(g, {3}), y = leaf(g, {3});
  CHECK(unary(g, op::exp, x) == unary(g, op::exp, x));
  CHECK(binary(g, op::add, x, y) == binary(g, op::add, y, x));
  CHECK(binary(g, op::maximum, x, y) == binary(g, op::maximum, y, x));
  CHECK(binary(g, op::sub, x, y) != binary(g, op::sub, y, x));
  CHECK(binary(g, op::greater, x, y) != binary(g, op::greater, y, x));
  CHECK(unary(g, op::exp, x) != unary(g, op::exp, y));
  CHECK(reduce(g, op::sum, x, 1) == reduce(g, op::sum, x, 1));
  CHECK(reduce(g, op::sum, x, 1) != reduce(g, op::max, x, 1));
}

TEST_CASE("inputs, aliases and copies are never merged") {
  graph g;
  int const x = leaf(g, {3});
  CHECK(leaf(g, {3}) != x);
  CHECK(add_alias(g, x) != add_alias(g, x));
  CHECK(add_copy(g, x) != add_copy(g, x));
  CHECK(g.resolved(add_alias(g, add_alias(g, x))) == x);
}

TEST_CASE("random nodes are one where stream, shape and rows agree, and two otherwise") {
  graph g;
  int const r = add_random(g, dtype::float32, of({3}), 0, 5);
  CHECK(add_random(g, dtype::float32, of({3}), 0, 5) == r);
  CHECK(add_random(g, dtype::float32, of({3}), 0, 6) != r);
  CHECK(add_random(g, dtype::float32, of({3}), 0, std::uint64_t{1} << 40 | 5) != r);
  CHECK(add_random(g, dtype::float32, of({4}), 0, 5) != r);
}

TEST_CASE("constants are equal where their bits are: 0 is not -0, NaN is NaN") {
  graph g;
  double const not_a_number = std::numeric_limits<double>::quiet_NaN();
  CHECK(add_constant(g, 0, dtype::float32) == add_constant(g, 0, dtype::float32));
  CHECK(add_constant(g, 0, dtype::float32) != add_constant(g, -0.0, dtype::float32));
  CHECK(add_constant(g, 1, dtype::float32) != add_constant(g, 1, dtype::float64));
  CHECK(add_constant(g, 1, dtype::float32) != add_constant(g, 1, dtype::float32, of({3})));
  CHECK(add_constant(g, not_a_number, dtype::float32) == add_constant(g, not_a_number, dtype::float32));
  for (double huge : {1e30, -1e30, 1e300, std::numeric_limits<double>::infinity()})
    CHECK(add_constant(g, huge, dtype::float64) == add_constant(g, huge, dtype::float64));
}

TEST_CASE("the table of nodes finds every one of ten thousand again") {
  graph g;
  std::vector<int> made;
  int const x = leaf(g, {1});
  for (int i = 0; i < 10000; ++i)
    made.push_back(binary(g, op::add, x, add_constant(g, i / 3.0, dtype::float32, of({1}))));
  int const size = g.size();
  for (int i = 0; i < 10000; ++i)
    CHECK(made[static_cast<std::size_t>(i)] ==
          binary(g, op::add, x, add_constant(g, i / 3.0, dtype::float32, of({1}))));
  CHECK(g.size() == size);
}

TEST_CASE("paths are written with points between their steps; iterations as {i}") {
  graph g;
  int const chain = g.paths.child(0, path_entry::index, 12);
  int const head = g.paths.child(chain, path_entry::name, 0, "head", 4);
  int const inside = g.paths.child(g.paths.child(head, path_entry::iteration, 0), path_entry::index, 3);
  CHECK(g.paths.text(0) == "");
  CHECK(g.paths.text(head) == "12.head");
  CHECK(g.paths.text(inside) == "12.head.{i}.3");
  CHECK(g.paths.child(chain, path_entry::name, 0, "head", 4) == head);
  CHECK(g.paths.child(chain, path_entry::name, 0, "heads", 5) != head);
}
