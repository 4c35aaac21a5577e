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
  // Who reads a state that every variant overwrites does so before any of them begins.
  list<char> reads(g.size(), 0);
  for (int i = 0; i < g.size(); ++i)
    if (live[i] && g[i].code == op::assign && g[i].a[0] == 0) reads[g[i].in[1]] = 1;
  for (int i = 0; i < g.size(); ++i)
    if (live[i] && g[i].code != op::assign)
      g.each_operand(i, [&](int j) {
        bool const shows = g[j].code == op::state || is_view(g[j].code) || is_inlined(g[j].code) || is_move(g[j].code);
        if (reads[j] && shows) reads[i] = 1;
      });
  for (int i = g.size() - 1; i >= 0; --i) {
    if (!live[i]) continue;
    if (reads[i] && g[i].code != op::assign) variant[i] = 0;
    if (g[i].code == op::assign) variant[i] = g[i].a[0];
    g.each_operand(i, [&](int j) { variant[j] = variant[j] < 0 || variant[j] == variant[i] ? variant[i] : 0; });
  }
  return variant;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
