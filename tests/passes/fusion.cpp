// SPDX-License-Identifier: MIT
#include <ashlar/passes/fusion.hpp>

#include <doctest/doctest.h>

#include <ashlar/graph/build_moves.hpp>
#include <ashlar/passes/lower_node.hpp>
#include <ashlar/plan/layout.hpp>

#include "support/check_graph.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::nodes;
using proof::of;

namespace {

int leaf(graph& g, std::initializer_list<int> extents, int rows = 0, dtype type = dtype::float32) {
  return add_leaf(g, op::input, type, of(extents), rows, g.ordinal());
}
/// How many kernels compute these outputs.
int kernels(graph const& g, list<int> const& outputs, bool fuse = true) {
  return fusion(g, outputs, {fuse, true}).run().order.size();
}
int softmax_of(graph& g, int x) {
  shape const s = g.extents(x);
  int const shifted = binary(g, op::sub, x, broadcast(g, reduce(g, op::max, x, 2), s, g[x].rows));
  int const e = unary(g, op::exp, shifted);
  return binary(g, op::div, e, broadcast(g, reduce(g, op::sum, e, 2), s, g[x].rows));
}

}  // namespace

TEST_CASE("a chain of pointwise operations is one kernel; without fusion each is one") {
  graph g;
  int const x = leaf(g, {3, 5}), bias = leaf(g, {5});
  int const y = unary(g, op::tanh, binary(g, op::add, x, broadcast(g, bias, of({3, 5}), 0)));
  int const z = binary(g, op::mul, y, unary(g, op::sigmoid, x));
  CHECK(kernels(g, nodes({z})) == 1);
  CHECK(kernels(g, nodes({z}), false) == 4);
}

TEST_CASE("a softmax over rows is one kernel, and with several outputs still one") {
  graph g;
  int const x = leaf(g, {4, 7}, 1), y = softmax_of(g, x);
  CHECK(kernels(g, nodes({y})) == 1);
  CHECK(kernels(g, nodes({y, unary(g, op::log, y), g[y].in[0]})) == 1);
  CHECK(kernels(g, nodes({y}), false) == 5);
}

TEST_CASE("work before a sum over columns is part of its kernel, work after it is not") {
  graph g;
  int const x = leaf(g, {64, 7}, 1);
  int const total = reduce(g, op::sum, binary(g, op::mul, x, unary(g, op::tanh, x)), 1);
  CHECK(kernels(g, nodes({total})) == 1);
  CHECK(kernels(g, nodes({unary(g, op::exp, total)})) == 2);
  int const largest = reduce(g, op::max, x, 1);
  CHECK(kernels(g, nodes({total, largest})) == 1);  // two sums of one space share a kernel
}

TEST_CASE("sums over columns share a kernel though other kernels read the same value between them") {
  graph g;
  int const x = leaf(g, {64, 7}, 1), y = leaf(g, {64, 7}, 1);
  int const first = reduce(g, op::sum, x, 1), other = unary(g, op::tanh, x);
  int const second = reduce(g, op::sum, binary(g, op::mul, x, y), 1);
  CHECK(kernels(g, nodes({first, other, second})) == 2);
}

TEST_CASE("values of different rows, spaces or widths stand in different kernels") {
  graph g;
  int const x = leaf(g, {4, 3}, 1), y = leaf(g, {4, 3}), z = leaf(g, {4, 3}, 1, dtype::float64);
  CHECK(kernels(g, nodes({unary(g, op::exp, x), unary(g, op::exp, y)})) == 2);
  CHECK(kernels(g, nodes({unary(g, op::exp, x), unary(g, op::exp, z)})) == 2);
  CHECK(kernels(g, nodes({convert(g, unary(g, op::exp, x), dtype::float64)})) == 2);
}

TEST_CASE("an operation with a kernel of its own stands between fused ones") {
  graph g;
  int const x = leaf(g, {4, 3}, 1), w = leaf(g, {3, 5});
  int const y = unary(g, op::tanh, matmul(g, unary(g, op::exp, x), w));
  CHECK(kernels(g, nodes({y})) == 3);
  CHECK(kernels(g, nodes({reshape(g, y, of({20}))})) == 3);  // a view costs nothing
}

TEST_CASE("concats of concats along one axis are one kernel, where nobody else reads them") {
  graph g;
  int const x = leaf(g, {3, 2}), y = leaf(g, {3, 5}), z = leaf(g, {3, 2});
  int const pair = concat(g, 1, x, y), all = concat(g, 1, pair, concat(g, 1, z, x));
  CHECK(kernels(g, nodes({all})) == 1);
  CHECK(kernels(g, nodes({all}), false) == 3);
  CHECK(kernels(g, nodes({all, pair})) == 2);
  CHECK(kernels(g, nodes({concat(g, 1, pair, pair)})) == 2);
  CHECK(kernels(g, nodes({concat(g, 0, pair, pair)})) == 2);
  CHECK(kernels(g, nodes({concat(g, 1, concat(g, 0, x, x), concat(g, 0, y, y))})) == 3);
  int const few = concat(g, 1, x, z);
  CHECK(kernels(g, nodes({concat(g, 1, few, concat(g, 1, few, y))})) == 2);
  grouping const made = fusion(g, nodes({all}), {}).run();
  lowered const step = lower_node(g, made.groups[made.order[0]].members);
  CHECK(step.inputs.size() == 4);
  CHECK(step.inputs[0] == x);
  CHECK(step.inputs[1] == y);
  CHECK(step.inputs[2] == z);
  CHECK(step.inputs[3] == x);
}

TEST_CASE("dead nodes are in no kernel") {
  graph g;
  int const x = leaf(g, {3}), y = unary(g, op::exp, x);
  unary(g, op::log, y);
  grouping const made = fusion(g, nodes({y}), {}).run();
  CHECK(made.order.size() == 1);
  CHECK(made.groups[made.order[0]].members.size() == 1);
}

TEST_CASE("a chain longer than a kernel may be is cut, and no kernel passes its limits") {
  graph g;
  int x = leaf(g, {3});
  for (int i = 0; i < 200; ++i) x = unary(g, op::tanh, binary(g, op::add, x, leaf(g, {3})));
  grouping const made = fusion(g, nodes({x}), {}).run();
  CHECK(made.order.size() >= 400 / max_group_nodes);
  CHECK(made.order.size() < 80);
  for (int m : made.order) {
    CHECK(made.groups[m].members.size() <= max_group_nodes);
    int inputs = 0;
    for (int i : made.groups[m].members)
      for (int j : g[i].in) inputs += j >= 0 && made.of[j] != m;
    CHECK(inputs <= max_group_operands);
  }
}

TEST_CASE("every kernel stands after those that it reads") {
  for (bool fuse : {true, false}) {
    graph g;
    int const x = leaf(g, {4, 6}, 1), w = leaf(g, {6, 6});
    int y = x;
    for (int i = 0; i < 5; ++i) y = binary(g, op::add, softmax_of(g, matmul(g, y, w)), x);
    grouping const made = fusion(g, nodes({reduce(g, op::sum, y, 3)}), {fuse, true}).run();
    list<char> done(g.size(), 0);
    for (int m : made.order) {
      for (int i : made.groups[m].members) {
        g.each_operand(i, [&](int j) { CHECK((done[j] || made.of[j] < 0 || made.of[j] == m)); });
      }
      for (int i : made.groups[m].members) done[i] = 1;
    }
  }
}

TEST_CASE("an assignment comes after every reader of what it overwrites") {
  for (bool fuse : {true, false}) {
    graph g;
    variable_entry e;
    e.type = dtype::float32;
    e.extents = of({3, 3});
    e.node = add_leaf(g, op::state, dtype::float32, of({3, 3}), 0, 0);
    g.states.push(e);
    int const doubled = binary(g, op::add, e.node, e.node);
    int const write = assign(g, unary(g, op::tanh, doubled), e.node);
    int const product = matmul(g, e.node, e.node);  // recorded after the assignment, reads the old version
    grouping const made = fusion(g, nodes({write, product}), {fuse, true}).run();
    int place_of_write = -1, place_of_product = -1;
    for (int t = 0; t < made.order.size(); ++t) {
      if (made.order[t] == made.of[write]) place_of_write = t;
      if (made.order[t] == made.of[product]) place_of_product = t;
    }
    CHECK(place_of_product < place_of_write);
  }
}

TEST_CASE("cheap values that many kernels read are made again as often as there is room for") {
  graph g;
  int const swap[] = {1, 0};
  int const x = leaf(g, {8, 8});
  int product = x, last = x;
  for (int i = 0; i < 16; ++i) product = matmul(g, product, x);
  int y = unary(g, op::neg, unary(g, op::relu, product));
  y = unary(g, op::abs, binary(g, op::add, y, y));
  for (int i = 0; i < 20; ++i) last = permute(g, binary(g, op::pow, y, last), swap);
  grouping const made = fusion(g, nodes({last}), {}).run();
  int members = 0, of_y = 0;
  for (group const& m : made.groups) {
    members += m.members.size();
    of_y += m.members.find(y) >= 0;
  }
  CHECK(members <= 2 * g.size());
  CHECK(of_y == 20);
}

TEST_CASE("a cheap value of what lies in memory is made again by every kernel, and written by none") {
  proof::check_graph({of({6, 5})}, [](graph& g, list<int> const& x) {
    int const swap[] = {1, 0};
    int const product = matmul(g, x[0], x[0], true, false);
    int const y = binary(g, op::sub, product, broadcast(g, reduce(g, op::sum, product, 1), of({5, 5}), 0));
    int const first = permute(g, unary(g, op::sigmoid, binary(g, op::add, y, y)), swap);
    int const second = matmul(g, unary(g, op::tanh, y), first);
    grouping const made = fusion(g, nodes({second}), {}).run();
    CHECK(made.of[y] == -1);
    return second;
  });
}

// What the random graphs of tests/plan found.

TEST_CASE("a sum over columns is not merged with a sum that needs it") {
  proof::check_graph({of({3, 5})}, [](graph& g, list<int> const& x) {
    int const total = reduce(g, op::sum, x[0], 1);
    int const away = binary(g, op::sub, x[0], broadcast(g, total, of({3, 5}), 0));
    return binary(g, op::mul, reduce(g, op::sum, binary(g, op::mul, away, away), 1), total);
  });
}

TEST_CASE("a row's sums that are read through a view, across rows, come from a kernel before") {
  proof::check_graph({of({4, 4})}, [](graph& g, list<int> const& x) {  // all pairs of rows
    int const squares = reduce(g, op::sum, binary(g, op::mul, x[0], x[0]), 2);
    int const across = broadcast(g, reshape(g, squares, of({1, 4})), of({4, 4}), 0);
    return binary(g, op::add, binary(g, op::mul, x[0], broadcast(g, squares, of({4, 4}), 0)), across);
  });
}

TEST_CASE("states that are updated from each other: one kernel, or their new values are in memory first") {
  for (int length : {1, 30}) {  // two of 30 are too long for one kernel
    for (bool fuse : {true, false}) {
      graph g;
      auto chain = [&](int x) {
        for (int k = 0; k < length; ++k) x = unary(g, op::tanh, x);
        return x;
      };
      int const a = add_leaf(g, op::state, dtype::float32, of({3}), 0, g.ordinal());
      int const b = add_leaf(g, op::state, dtype::float32, of({3}), 0, g.ordinal());
      int const next_a = assign(g, binary(g, op::add, a, chain(b)), a);
      int const next_b = assign(g, binary(g, op::mul, b, chain(a)), b);
      grouping const r = fusion(g, nodes({next_a, next_b}), {fuse, true}).run();
      int const steps = r.order.size();
      if (fuse && length == 1) {
        CHECK(steps == 1);
        continue;
      }
      for (int k = 1; k <= 2; ++k) {
        group const& last = r.groups[r.order[steps - k]];
        REQUIRE(last.members.size() == 1);
        CHECK(g[last.members[0]].code == op::assign);
      }
    }
  }
}
