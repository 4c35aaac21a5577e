// SPDX-License-Identifier: MIT
#include <ashlar/passes/lower_group.hpp>

#include <doctest/doctest.h>

#include <vector>

#include <ashlar/graph/build.hpp>
#include <ashlar/passes/fusion.hpp>

#include "support/shapes.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::nodes;
using proof::of;

namespace {

int leaf(graph& g, std::initializer_list<int> extents, int rows = 0) {
  return add_leaf(g, op::input, dtype::float32, of(extents), rows, g.ordinal());
}
/// The only kernel that computes y.
lowered lower(graph& g, int y) {
  grouping const made = fusion(g, nodes({y}), {}).run();
  REQUIRE(made.order.size() == 1);
  auto dense = [](int, int) { return std::int64_t{0}; };
  list<int> registers(g.size(), group_lowering::none);
  return group_lowering(g, made.groups[made.order[0]], registers, dense, [&](int i) { return i == y; }).take();
}
std::vector<std::int64_t> numbers_of(lowered const& l) { return {l.numbers.begin(), l.numbers.end()}; }

}  // namespace

TEST_CASE("axes that all operands cross without a gap are one axis") {
  graph g;
  int const x = leaf(g, {2, 3, 5});
  // axes, row axes, units per valid row, extent, one stride for each operand
  CHECK(numbers_of(lower(g, unary(g, op::exp, x))) == std::vector<std::int64_t>{1, 0, 0, 30, 1, 1});
}

TEST_CASE("a broadcast operand keeps the axes apart along which it stands still") {
  graph g;
  int const x = leaf(g, {2, 3, 5}), bias = leaf(g, {3, 1});
  int const y = binary(g, op::add, x, broadcast(g, bias, of({2, 3, 5}), 0));
  CHECK(numbers_of(lower(g, y)) == std::vector<std::int64_t>{3, 0, 0, 2, 3, 5, 15, 5, 1, 0, 1, 0, 15, 5, 1});
}

TEST_CASE("the axis of the batch says how many of its units belong to a valid row") {
  graph g;
  int const x = leaf(g, {4, 3, 5}, 1);
  CHECK(numbers_of(lower(g, unary(g, op::exp, x))) == std::vector<std::int64_t>{1, 0, 15, 60, 1, 1});
  CHECK(numbers_of(lower(g, unary(g, op::log, reshape(g, x, of({12, 5}))))) ==
        std::vector<std::int64_t>{1, 0, 15, 60, 1, 1});
}

TEST_CASE("sums of floats over many steps of an outer axis are cut into blocks, with workspace for their levels") {
  graph g;
  auto blocks = [&](std::initializer_list<int> extents, int axes) {
    lowered const l = lower(g, reduce(g, op::sum, leaf(g, extents), axes));
    std::vector<std::int64_t> const n = numbers_of(l);
    return std::vector<std::int64_t>{n[n.size() - 2], n[n.size() - 1], l.workspace};
  };
  using three = std::vector<std::int64_t>;  // steps of a block, levels, bytes
  CHECK(blocks({256, 7}, 1) == three{0, 0, 0});
  CHECK(blocks({257, 7}, 1) == three{64, 1, 28});
  CHECK(blocks({100000, 7}, 1) == three{64, 2, 56});
  CHECK(blocks({5, 1000, 3}, 2) == three{64, 1, 12});
  CHECK(blocks({100, 2, 100, 3, 2}, 21) == three{1, 2, 48});
}

TEST_CASE("equal work on other shapes has the same code, so one kernel serves both") {
  graph g;
  auto code = [&](std::initializer_list<int> extents) {
    lowered const l = lower(g, unary(g, op::tanh, unary(g, op::exp, leaf(g, extents))));
    return std::vector<int>(l.code.begin(), l.code.end());
  };
  CHECK(code({3, 5}) == code({33}));
  CHECK(code({3, 5}) == code({64, 10, 10}));
}

TEST_CASE("a kernel's numbers of work count full elements once and rows once") {
  graph g;
  int const x = leaf(g, {4, 7});
  int const total = reduce(g, op::sum, x, 2);
  int const y = binary(g, op::div, x, broadcast(g, unary(g, op::exp, total), of({4, 7}), 0));
  CHECK(lower(g, y).flops == 28 + 4 + 4);
}

TEST_CASE("sums over an outer axis cost what their elements do, rows that are summed more") {
  graph g;
  int const x = leaf(g, {32, 128});
  CHECK(lower(g, reduce(g, op::sum, x, 1)).nanoseconds == 0);
  CHECK(lower(g, unary(g, op::abs, reduce(g, op::sum, x, 2))).nanoseconds > 0);
}
