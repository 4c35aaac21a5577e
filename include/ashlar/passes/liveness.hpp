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
    if (live[i])
      g.each_operand(i, [&](int j) {
        if (j >= 0) live[j] = 1;
      });
  return live;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
