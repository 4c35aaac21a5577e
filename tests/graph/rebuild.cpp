// SPDX-License-Identifier: MIT
#include <ashlar/graph/rebuild.hpp>

#include <doctest/doctest.h>

#include "support/make_loop.hpp"

using namespace ashlar;
using namespace ashlar::detail;
using proof::nodes;
using proof::of;

namespace {

int leaf(graph& g, int ordinal) { return add_leaf(g, op::input, dtype::float32, of({3}), 0, ordinal); }
int count(graph const& g, op code) {
  int n = 0;
  for (int i = 0; i < g.size(); ++i) n += g[i].code == code;
  return n;
}

}  // namespace

TEST_CASE("rebuilding resolves other names, so that what was equal but for them becomes one") {
  graph g, clean;
  int const x = leaf(g, 0);
  int const a = unary(g, op::exp, add_alias(g, x)), b = unary(g, op::exp, add_alias(g, x));
  CHECK(a != b);
  list<int> outputs = nodes({binary(g, op::add, a, b)});
  rebuild(g, clean, outputs);
  CHECK(clean.size() == 3);
  CHECK(count(clean, op::alias) == 0);
  CHECK(clean[outputs[0]].in[0] == clean[outputs[0]].in[1]);
}

TEST_CASE("rebuilding drops what no output needs, and keeps inputs and variables: they are the program's signature") {
  graph g, clean;
  int const x = leaf(g, 0);
  leaf(g, 1);
  add_leaf(g, op::parameter, dtype::float32, of({5}), 0, g.ordinal());
  unary(g, op::exp, unary(g, op::log, x));
  list<int> outputs = nodes({unary(g, op::tanh, x)});
  rebuild(g, clean, outputs);
  CHECK(count(clean, op::input) == 2);
  CHECK(count(clean, op::parameter) == 1);
  CHECK(clean.size() == 4);
}

TEST_CASE("rebuilding twice changes nothing more, loops included") {
  graph g, once, twice;
  int const x = leaf(g, 0);
  list<int> const out = proof::make_loop(
      g, 3, false, {nodes({x}), nodes({unary(g, op::exp, x)}), {}}, [](graph& b, proof::loop_arguments const& a) {
        unary(b, op::log, a.carries[0]);  // dead
        int const y = binary(b, op::mul, a.carries[0], add_alias(b, a.invariants[0]));
        return nodes({unary(b, op::tanh, y)});
      });
  list<int> outputs = nodes({out[0], x});
  rebuild(g, once, outputs);
  list<int> again = outputs;
  rebuild(once, twice, again);
  CHECK(once.size() == twice.size());
  REQUIRE(once.loops.size() == 1);
  graph const& body = *once.loops[0]->body;
  CHECK(body.size() == twice.loops[0]->body->size());
  CHECK(count(body, op::log) == 0);
  CHECK(count(body, op::alias) == 0);
  CHECK(body.size() == 4);
  for (int k = 0; k < outputs.size(); ++k) CHECK(outputs[k] == again[k]);
}

TEST_CASE("annotations follow their nodes, and go where these go") {
  graph g, clean;
  int const x = leaf(g, 0);
  annotation note;
  note.name = "kept";
  note.inputs[0] = x;
  note.output = unary(g, op::exp, x);
  g.annotations.push(note);
  note.name = "dropped";
  note.output = unary(g, op::log, x);
  g.annotations.push(note);
  list<int> outputs = nodes({unary(g, op::tanh, g.annotations[0].output)});
  rebuild(g, clean, outputs);
  REQUIRE(clean.annotations.size() == 1);
  CHECK(clean.annotations[0].name == std::string("kept"));
  CHECK(clean[clean.annotations[0].output].code == op::exp);
}
