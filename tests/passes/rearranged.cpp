// SPDX-License-Identifier: MIT
#include <ashlar/passes/rearranged.hpp>

#include <doctest/doctest.h>

#include <ashlar/graph/build_moves.hpp>
#include <ashlar/passes/lower_node.hpp>

#include "support/gradient_check.hpp"
#include "support/interpreter.hpp"
#include "support/run_plan.hpp"
#include "support/shapes.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::of;

namespace {

constexpr auto always = [](int) { return true; };

int leaf(graph& g, shape const& s, int rows = 0) { return add_leaf(g, op::input, dtype::float64, s, rows, 0); }
/// [batch, time, heads * width] -> [batch, heads, time, width], of the columns from `begin` on.
int heads(graph& g, int x, int begin, int count, int width) {
  shape const s = g.extents(x);
  int const part = slice(g, x, 2, begin, count * width);
  int const order[] = {0, 2, 1, 3};
  return permute(g, reshape(g, part, {4, {s[0], s[1], count, width}}), order);
}
int joined(graph& g, int x) {
  shape const s = g.extents(x);
  int const order[] = {0, 2, 1, 3};
  return reshape(g, permute(g, x, order), {3, {s[0], s[2], s[1] * s[3]}});
}
/// Attention of so many heads; queries, keys and contents lie side by side.
int attention(graph& g, int x, int count, int width) {
  int const all = count * width;
  int const query = heads(g, x, 0, count, width), key = heads(g, x, all, count, width);
  int const scores = unary(g, op::tanh, matmul(g, query, key, false, true));
  return joined(g, matmul(g, scores, heads(g, x, 2 * all, count, width)));
}
/// What a plan of these outputs computes is what the oracle does; returns how many kernels it has.
int steps_of(proof::recording const& r, pass_options options) {
  for (int rows : {3, 1}) {
    proof::environment const e = proof::draw(r.g, {.rows = rows});
    CHECK(proof::difference(proof::planned(r, options).run(e), proof::interpret(r, e), 1e-12) == "");
  }
  return static_cast<int>(proof::planned(r, options).counts().steps);
}
constexpr pass_options strided{true, true, false, true};

}  // namespace

TEST_CASE("slices, permutations and reshapes of a value are distances in its memory") {
  graph g;
  int const x = leaf(g, of({4, 6, 10}));
  int const part = slice(g, x, 2, 1, 4, 2);  // elements 1, 3, 5, 7 of every 10
  int const order[] = {2, 0, 1};
  rearranged const r = rearranged_from(g, permute(g, part, order), always);
  REQUIRE(r.is_possible());
  CHECK(r.base == x);
  CHECK(r.begin == 1);
  CHECK(r.extents == of({4, 4, 6}));
  CHECK(r.distance[0] == 2);
  CHECK(r.distance[1] == 60);
  CHECK(r.distance[2] == 10);
  rearranged const split = rearranged_from(g, reshape(g, part, of({2, 1, 12, 2, 2})), always);
  REQUIRE(split.is_possible());
  CHECK(split.distance[0] == 120);
  CHECK(split.distance[2] == 10);
  CHECK(split.distance[3] == 4);
  CHECK(split.distance[4] == 2);
  CHECK(!rearranged_from(g, reshape(g, part, of({4, 24})), always).is_possible());
  CHECK(rearranged_from(g, part, [](int) { return false; }).base == part);
}

TEST_CASE("products read matrices with one dense axis whose batch has two distances") {
  graph g;
  int const x = leaf(g, of({3, 5, 4, 6}));
  auto matrices = [&](int(&&order)[4]) { return strided_matrices(rearranged_from(g, permute(g, x, order), always)); };
  strided_matrices const across = matrices({0, 2, 1, 3});
  CHECK(across.is_written());
  CHECK(across.outer == 120);
  CHECK(across.inner == 6);
  CHECK(across.row == 24);
  CHECK(matrices({0, 1, 3, 2}).transposed);
  CHECK(!matrices({0, 1, 3, 2}).is_written());
  CHECK(!matrices({0, 3, 1, 2}).is_possible);
  int const y = leaf(g, of({2, 3, 5, 4, 6}));
  int const order[] = {2, 0, 1, 3, 4}, kept[] = {0, 1, 3, 2, 4};
  CHECK(!strided_matrices(rearranged_from(g, permute(g, y, order), always)).transposed);
  CHECK(!strided_matrices(rearranged_from(g, slice(g, y, 1, 0, 2), always)).transposed);
  CHECK(strided_matrices(rearranged_from(g, permute(g, y, kept), always)).is_possible);
  int const cut = slice(g, permute(g, y, kept), 1, 0, 2);  // axes 0 and 1 are no equal distances apart
  CHECK(!strided_matrices(rearranged_from(g, reshape(g, cut, of({2, 2, 2, 2, 5, 6})), always)).is_possible);
}

TEST_CASE("attention moves nothing where products read and write parts, and a slice and its permutation are one move") {
  proof::recording r;
  r.g.batch = 3;
  int const x = leaf(r.g, of({3, 5, 12}), 1);
  r.outputs.push(unary(r.g, op::tanh, attention(r.g, unary(r.g, op::sigmoid, x), 2, 2)));
  CHECK(steps_of(r, {false, true}) == 12);
  CHECK(steps_of(r, {true, true}) == 9);
  CHECK(steps_of(r, strided) == 5);
}

TEST_CASE("a part that somebody else reads, too, lies in memory") {
  proof::recording r;
  r.g.batch = 3;
  graph& g = r.g;
  int const x = leaf(g, of({3, 5, 12}), 1);
  int const query = heads(g, x, 0, 2, 2), key = heads(g, x, 4, 2, 2);
  r.outputs.push(matmul(g, query, key, false, true));
  CHECK(steps_of(r, strided) == 1);
  r.outputs.push(unary(g, op::tanh, query));
  CHECK(steps_of(r, strided) == 3);
  r.outputs.push(key);
  CHECK(steps_of(r, strided) == 4);
  r.outputs.push(slice(g, x, 2, 4, 4));  // of which the key is a permutation
  CHECK(steps_of(r, strided) == 5);
}

TEST_CASE("a permutation of what lies in memory is a move where a product could read only what that is made of") {
  proof::recording r;
  r.g.batch = 3;
  graph& g = r.g;
  int const x = leaf(g, of({3, 2, 4, 5}), 1);
  int const there[] = {0, 2, 3, 1}, back[] = {0, 3, 1, 2};
  int const turned = permute(g, x, there);
  int const rows = permute(g, turned, back);  // x again, as a node of its own
  r.outputs.push(unary(g, op::tanh, matmul(g, rows, rows, false, true)));
  CHECK(steps_of(r, strided) == 3);
  r.outputs.push(turned);
  CHECK(steps_of(r, strided) == 4);
}

TEST_CASE("a product that somebody else reads, too, is not written where a permutation puts it") {
  proof::recording r;
  r.g.batch = 3;
  graph& g = r.g;
  int const x = leaf(g, of({3, 2, 5, 4}), 1);
  int const scores = matmul(g, x, x, false, true);
  r.outputs.push(joined(g, scores));
  CHECK(steps_of(r, strided) == 1);
  r.outputs.push(unary(g, op::tanh, scores));
  CHECK(steps_of(r, strided) == 3);
  proof::recording turned;  // across its rows
  turned.g.batch = 3;
  int const y = leaf(turned.g, of({3, 2, 5, 4}), 1);
  int const order[] = {0, 1, 3, 2};
  turned.outputs.push(permute(turned.g, matmul(turned.g, y, y, true, false), order));
  CHECK(steps_of(turned, strided) == 2);
}

TEST_CASE("products of parts count the bytes of the parts") {
  graph g;
  int const x = leaf(g, of({3, 5, 12}), 1);
  int const scores = matmul(g, heads(g, x, 0, 2, 2), heads(g, x, 4, 2, 2), false, true);
  list<int> outputs;
  outputs.push(scores);
  grouping const made = fusion(g, outputs, strided).run();
  lowered const step = lower_node(g, made.groups[made.order[0]].members, &made);
  CHECK(step.inputs[0] == x);
  CHECK(step.inputs[1] == x);
  CHECK(step.bytes == 8 * (3 * 2 * 5 * 5 + 2 * 3 * 2 * 5 * 2));
}
