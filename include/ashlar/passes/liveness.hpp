// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/groups.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Dead code: which nodes the outputs need. A loop lives with its first live result; its other results stay dead.
constexpr list<char> live_nodes(graph const& g, list<int> const& outputs) {
  list<char> live(g.size(), 0);
  for (int o : outputs)
    if (o >= 0) live[o] = 1;
  for (int i = g.size() - 1; i >= 0; --i)
    if (live[i]) g.each_operand(i, [&](int j) { live[j] = 1; });
  return live;
}

/// To which variant of the update each node belongs alone: assignments are marked, what only they need follows.
constexpr list<int> variants_of(graph const& g, list<char> const& live, list<int> const& outputs) {
  list<int> variant(g.size(), -1);
  for (int o : outputs)
    if (o >= 0 && g[o].code != op::assign) variant[o] = 0;
  for (int i = g.size() - 1; i >= 0; --i) {
    if (!live[i]) continue;
    if (g[i].code == op::assign) variant[i] = g[i].a[0];
    g.each_operand(i, [&](int j) { variant[j] = variant[j] < 0 || variant[j] == variant[i] ? variant[i] : 0; });
  }
  return variant;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
