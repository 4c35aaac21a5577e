// SPDX-License-Identifier: MIT
#include <ashlar/passes/liveness.hpp>

#include <doctest/doctest.h>

#include <ashlar/graph/build.hpp>

#include "support/make_loop.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::nodes;
using proof::of;

TEST_CASE("a node lives where an output needs it; a loop lives with its first live result, its others stay dead") {
  graph g;
  int const x = add_leaf(g, op::input, dtype::float32, of({3}), 0, 0);
  int const dead = unary(g, op::exp, x), alive = unary(g, op::log, x);
  list<int> const out =
      proof::make_loop(g, 2, false, {nodes({alive}), {}, {}}, [](graph& b, proof::loop_arguments const& a) {
        int const y = unary(b, op::tanh, a.carries[0]);
        return nodes({y, unary(b, op::exp, y)});
      });
  list<char> const live = live_nodes(g, nodes({out[0]}));
  CHECK(live[x]);
  CHECK(live[alive]);
  CHECK_FALSE(live[dead]);
  CHECK(live[g[out[0]].in[0]]);
  CHECK_FALSE(live[out[1]]);
}

TEST_CASE("what only one variant of an update needs belongs to it; what two need, or another output, always runs") {
  graph g;
  shape const s = of({4});
  auto range = [&](int slot, int variant) {
    return g.push({op::range, dtype::float32, {-1, -1, -1}, s, 0, {slot, variant}});
  };
  auto write = [&](int value, int to, int variant) {
    return g.push({op::assign, dtype::float32, {value, to, -1}, s, 0, {variant}});
  };
  int const x = add_leaf(g, op::input, dtype::float32, s, 0, 0);
  int const shared = unary(g, op::exp, x), first = unary(g, op::neg, shared), second = unary(g, op::tanh, shared);
  int const seen = unary(g, op::log, x), also = binary(g, op::add, seen, first);
  list<int> const outputs = nodes({write(also, range(0, 1), 1), write(second, range(0, 2), 2), seen});
  list<int> const variant = variants_of(g, live_nodes(g, outputs), outputs);
  CHECK(variant[shared] == 0);
  CHECK(variant[first] == 1);
  CHECK(variant[also] == 1);
  CHECK(variant[second] == 2);
  CHECK(variant[seen] == 0);
  CHECK(variant[outputs[1]] == 2);
}
