// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/liveness.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The results of a loop that somebody needs, as places in its list of results: all carries, and what is read of the
/// stacked ones. `live` is of the graph around.
constexpr list<int> used_results(loop const& l, list<char> const& live) {
  list<int> used;
  for (int k = 0; k < l.results.size(); ++k)
    if (k < l.carries || live[l.outputs[k]]) used.push(k);
  return used;
}

/// Gives each output memory of its own, in the bodies of loops too: one that is a leaf, a view of another output or
/// wanted twice gets a copy.
constexpr void give_own_memory(graph& g, list<int>& outputs) {
  list<int> taken;
  for (int d : g.exchanged)
    if (d >= 0) taken.push(storage_of(g, d));
  for (int& o : outputs)
    if (g[o].code != op::assign) o = with_own_memory(g, o, taken);
  if (g.loops.empty()) return;
  list<char> const live = live_nodes(g, outputs);
  for (loop* l : g.loops) {
    if (!live[l->node]) continue;
    list<int> const used = used_results(*l, live);
    list<int> results;
    for (int k : used) results.push(l->results[k]);
    give_own_memory(*l->body, results);
    list<int> all = l->results;  // the loop's own may be a constant that is shown
    for (int i = 0; i < used.size(); ++i) all[used[i]] = results[i];
    l->results.swap(all);
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
