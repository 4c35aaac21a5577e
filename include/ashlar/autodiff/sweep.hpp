// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/autodiff/joined_slices.hpp>
#include <ashlar/autodiff/rules.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What a reverse sweep knows of each node that stood before it began: whether its gradient is wanted (or needed on
/// the way to one that is), and the gradient so far (-1: none).
struct adjoints {
  list<char> needed;
  list<int> of;

  constexpr explicit adjoints(graph const& g) : needed(g.size(), 0), of(g.size(), -1) {}
};

constexpr void accumulate(graph& g, adjoints& adj, int node, int value) {
  if (!adj.needed[node]) return;
  int& sum = adj.of[node];
  if (sum < 0) {
    sum = value;
  } else {
    int const joined = joined_slices(g, sum, value);
    sum = joined >= 0 ? joined : binary(g, op::add, sum, value);
  }
}

/// Operations through which no gradient passes: constant between jumps, or told so.
constexpr bool has_no_slope(op code) {
  return code == op::greater || code == op::equal || code == op::sign || code == op::floor || code == op::stop_gradient;
}

constexpr void loop_gradient(graph& g, int id, adjoints& adj);

/// Reverse mode: adj.of holds the seeds and afterwards every gradient; adj.needed the wanted leaves and afterwards
/// all nodes on the way. A composite with a stated gradient is not entered.
constexpr void sweep(graph& g, adjoints& adj) {
  int const n = adj.of.size();
  for (int i = 0; i < n; ++i) {
    if (!adj.needed[i])
      g.each_operand(i, [&](int j) {
        if (adj.needed[j]) adj.needed[i] = 1;
      });
    if (!is_floating(g[i].type) || has_no_slope(g[i].code)) adj.needed[i] = g[i].code == op::loop && adj.needed[i];
  }
  list<int> stated(n, -1);
  for (int k = 0; k < g.annotations.size(); ++k)
    if (g.annotations[k].is_stated && g.annotations[k].output < n) stated[g.annotations[k].output] = k;
  place const at = g.at;
  int const scope = g.scope;
  for (int i = n - 1; i >= 0; --i) {
    if (!adj.needed[i]) continue;
    g.at = g[i].at;
    g.scope = g[i].path;
    if (g[i].code == op::loop) {
      loop_gradient(g, i, adj);
      continue;
    }
    if (adj.of[i] < 0) continue;
    adj.of[i] = with_rows_of(g, i, adj.of[i]);
    if (stated[i] >= 0) {
      annotation const note = g.annotations[stated[i]];
      int given[3]{-1, -1, -1};
      note.gradient(g, note, adj.of[i], given);
      for (int k = 0; k < 3; ++k)
        if (given[k] >= 0) accumulate(g, adj, note.inputs[k], given[k]);
      continue;
    }
    node const x = g[i];
    gradient_rule(
        g, i, adj.of[i], [&](int j) { return adj.needed[j] != 0; },
        [&](int k, int v) {
          if (adj.needed[x.in[k]]) accumulate(g, adj, x.in[k], v);
        });
  }
  g.at = at;
  g.scope = scope;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail

#include <ashlar/autodiff/loop_gradient.hpp>
