// SPDX-License-Identifier: MIT
#include <ashlar/autodiff/joined_products.hpp>

#include <doctest/doctest.h>

#include <ashlar/autodiff/sweep.hpp>

#include "support/check_graph.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::of;

namespace {

int input(graph& g, std::initializer_list<int> extents, int rows = 0) {
  return add_leaf(g, op::input, dtype::float64, of(extents), rows, g.ordinal());
}
/// The gradient of a weight [columns, more] of a layer with so many rows.
int gradient(graph& g, int rows, int per_sample, int columns = 8, int more = 9) {
  return matmul(g, input(g, {rows, columns}, per_sample), input(g, {rows, more}, per_sample), true, false);
}
/// Of a network that multiplies by one weight again and again, the gradient of the weight.
int gradient_of_repeated(graph& g, int steps, int batch, int width) {
  int const w = input(g, {width, width});
  int h = input(g, {batch, width}, 1);
  for (int t = 0; t < steps; ++t) h = unary(g, op::tanh, matmul(g, h, w));
  adjoints adj(g);
  adj.needed[w] = 1;
  adj.of[h] = add_like(g, h, 1);
  sweep(g, adj);
  return adj.of[w];
}

}  // namespace

TEST_CASE("gradients of a weight by few rows are one product of all rows") {
  graph g;
  int const first = joined_products(g, gradient(g, 4, 1), gradient(g, 4, 1));
  REQUIRE(first >= 0);
  CHECK(g[first].code == op::matmul);
  CHECK(g.extents(g[first].in[0]) == of({8, 8}));
  CHECK(g[g[first].in[0]].rows == 2);
  int const second = joined_products(g, first, gradient(g, 4, 1));
  REQUIRE(second >= 0);
  CHECK(g.extents(g[second].in[0]) == of({12, 8}));
  CHECK(g.extents(g[second].in[1]) == of({12, 9}));
  CHECK(g[g[second].in[1]].rows == 3);
  CHECK(joined_products(g, gradient(g, 2, 0), gradient(g, 3, 0)) >= 0);  // of no batch, any numbers of rows
}
TEST_CASE("gradients by many rows are added, as are those of which one does not follow the batch") {
  graph g;
  CHECK(joined_products(g, gradient(g, 4, 1), gradient(g, 5, 1)) == -1);
  CHECK(joined_products(g, gradient(g, 5, 1), gradient(g, 4, 1)) == -1);
  CHECK(joined_products(g, gradient(g, 4, 1), gradient(g, 4, 0)) == -1);
  CHECK(joined_products(g, gradient(g, 4, 1), gradient(g, 2, 1)) == -1);  // other batches
  CHECK(joined_products(g, gradient(g, 4, 1), input(g, {8, 9})) == -1);
  int const turned = matmul(g, input(g, {8, 4}), input(g, {9, 4}), false, true);
  CHECK(joined_products(g, turned, gradient(g, 4, 0)) == -1);
  CHECK(joined_products(g, gradient(g, 4, 0), turned) == -1);
}
TEST_CASE("the gradient of a weight that is used at every step is one product") {
  graph g;
  int const few = gradient_of_repeated(g, 5, 2, 6);
  REQUIRE(g[few].code == op::matmul);
  CHECK(g.extents(g[few].in[0]) == of({10, 6}));
  CHECK(g[gradient_of_repeated(g, 5, 4, 6)].code == op::add);
}
TEST_CASE("joined products have the oracle's gradients of both orders, for any number of valid rows") {
  proof::check_graph({of({2, 6}), of({6, 6})}, [](graph& g, list<int> const& x) {
    int h = x[0];
    for (int t = 0; t < 4; ++t) h = unary(g, op::tanh, matmul(g, h, x[1]));
    return h;
  });
}
