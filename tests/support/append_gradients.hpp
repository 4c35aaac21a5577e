// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/autodiff/sweep.hpp>

#include "support/gradient_check.hpp"

namespace proof {

/// The sum of the product of two nodes of one shape, as a scalar node.
constexpr int weighted_sum(graph& g, int x, int weights) {
  int const all = (1 << g.extents(x).rank) - 1;
  return reshape(g, reduce(g, op::sum, binary(g, op::mul, x, weights), all), shape{});
}

/// The gradients of scalar node s with respect to variables.
constexpr list<int> gradients(graph& g, int s, list<int> const& variables) {
  adjoints adj(g);
  for (int v : variables) adj.needed[v] = 1;
  adj.of[s] = add_constant(g, 1, g[s].type, {});
  sweep(g, adj);
  list<int> all;
  for (int v : variables) all.push(adj.of[v] >= 0 ? adj.of[v] : add_constant(g, 0, g[v].type, g.extents(v)));
  return all;
}

/// Makes of a recorded y the outputs of a proof (see proof_layout): input `ordinal` is the weights, those behind it are
/// the directions, one for each variable.
constexpr void append_gradients(recording& r, int y, list<int> variables, int ordinal) {
  graph& g = r.g;
  auto like = [&](int x) { return add_leaf(g, op::input, g[x].type, g.extents(x), g[x].rows, ordinal++); };
  r.outputs.push(y);
  int const weights = like(y);
  list<int> const first = gradients(g, weighted_sum(g, y, weights), variables);
  int directed = add_constant(g, 0, g[y].type, {});
  for (int k = 0; k < variables.size(); ++k) {
    r.outputs.push(first[k]);
    int const term = weighted_sum(g, first[k], like(variables[k]));
    directed = binary(g, op::add, directed, convert(g, term, g[y].type));
  }
  variables.push(weights);
  for (int d : gradients(g, directed, variables)) r.outputs.push(d);
}

}  // namespace proof
