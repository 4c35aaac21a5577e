// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/build_moves.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The sum of x and y as one concat, where it adds slices that were padded along one axis and together fill it: so the
/// gradient of a value that is read in slices takes one pass over memory, not one for each slice. -1 where it is none.
constexpr int joined_slices(graph& g, int x, int y) {
  node const last = g[y];
  if (last.code != op::pad) return -1;
  list<int> open, pads;
  open.push(x);
  open.push(y);
  while (!open.empty()) {
    node const& n = g[open.back()];
    int const id = open.back();
    open.pop();
    if (n.code == op::add) {
      open.push(n.in[0]);
      open.push(n.in[1]);
    } else if (n.code == op::pad && n.a[0] == last.a[0] && n.a[2] == 1) {
      pads.push(id);
    } else {
      return -1;
    }
  }
  list<int> slices;  // in the order of their places
  for (int at = 0; slices.size() < pads.size();) {
    int k = 0;
    while (k < pads.size() && g[pads[k]].a[1] != at) ++k;
    if (k == pads.size()) return -1;
    slices.push(g[pads[k]].in[0]);
    at += g.extents(slices.back())[last.a[0]];
    if ((slices.size() == pads.size()) != (at == last.extents[last.a[0]])) return -1;
  }
  return concat_all(g, last.a[0], slices.items, slices.size());
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
