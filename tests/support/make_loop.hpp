// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/build.hpp>

#include "support/shapes.hpp"

namespace proof {

using namespace ashlar;
using namespace ashlar::detail;

/// What a loop runs over, as nodes of the graph around it.
struct loop_operands {
  list<int> carries, invariants, slices;
};
/// What its body is given, and what it returns: the carries' next values, then what is stacked.
struct loop_arguments {
  list<int> carries, invariants, slices;
};

/// Records a loop whose body is `build(body graph, arguments)`; returns its outputs.
template <class Build>
list<int> make_loop(graph& g, int count, bool reversed, loop_operands const& over, Build build) {
  loop* l = new loop;
  l->body = new graph;
  graph& body = *l->body;
  body.parent = &g;
  body.owner = l;
  body.depth = g.depth + 1;
  body.batch = g.batch;
  l->count = count;
  l->reversed = reversed;
  l->carries = over.carries.size();
  l->invariants = over.invariants.size();
  l->region = g.region_number();
  auto hand_in = [&](int outer, bool sliced, list<int>& to) {
    shape s = g.extents(outer);
    if (sliced) {
      for (int i = 1; i < s.rank; ++i) s.extent[i - 1] = s.extent[i];
      --s.rank;
    }
    to.push(add_leaf(body, op::argument, g[outer].type, s, sliced ? 0 : g[outer].rows, body.ordinal()));
    l->operands.push(outer);
    l->arguments.push(to.back());
  };
  loop_arguments inside;
  for (int x : over.carries) hand_in(x, false, inside.carries);
  for (int x : over.invariants) hand_in(x, false, inside.invariants);
  for (int x : over.slices) hand_in(x, true, inside.slices);
  l->results = build(body, inside);
  g.add(l);
  return l->outputs;
}

}  // namespace proof
