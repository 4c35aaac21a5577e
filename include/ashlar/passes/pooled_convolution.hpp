// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/build.hpp>
#include <ashlar/passes/winograd.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Whether Winograd's algorithm is one of a convolution: 3 x 3 windows of stride 1 without dilation or groups.
constexpr bool has_winograd(node const& n) {
  bool const is_dense = n.a[2] == 1 && n.a[3] == 1 && n.a[6] == 1 && n.a[7] == 1 && n.a[8] == 1;
  return n.type == dtype::float32 && n.a[0] == 3 && n.a[1] == 3 && is_dense;
}

/// The largest numbers of windows of 2 x 2 elements side by side, of a convolution by Winograd's algorithm, perhaps
/// with a bias for each channel, perhaps behind a ReLU: a tile of the algorithm's results is four whole windows, so
/// all of it may be one step that never writes what it pools.
struct pooled_convolution {
  int conv = -1, bias = -1, index = -1;
  list<int> between;  // the convolution, what is added and a ReLU, each of which is read by the next one
  bool has_relu = false;

  constexpr pooled_convolution(graph const& g, int take) {
    node const& n = g[take];
    if (n.code != op::window_take || g[n.in[1]].code != op::window_index || g[n.in[1]].in[0] != n.in[0]) return;
    for (int i = 0; i < 9; ++i)
      if (n.a[i] != g[n.in[1]].a[i] || n.a[i] != (i < 4 ? 2 : i < 6 ? 0 : 1)) return;
    index = n.in[1];
    int at = n.in[0];
    if (g[at].code == op::relu) {
      has_relu = true;
      between.push(at);
      at = g[at].in[0];
    }
    if (g[at].code == op::add) {
      between.push(at);
      for (int k = 0; k < 2; ++k)
        if (is_of_channels(g, g[at].in[k])) bias = g[g[at].in[k]].in[0];
      if (bias < 0) return;
      at = g[at].in[is_of_channels(g, g[at].in[0])];
    }
    node const& c = g[at];
    if (c.code != op::conv || !has_winograd(c) || (has_relu && bias < 0)) return;
    shape const &x = g.extents(c.in[0]), &y = c.extents;
    if (winograd_pays({x[0], x[1], y[1], y[2], y[3]})) conv = at;
    between.push(at);
  }
  constexpr bool is_possible() const { return conv >= 0; }

 private:
  /// A number for each channel that lies in memory whatever happens.
  static constexpr bool is_of_channels(graph const& g, int id) {
    node const& n = g[id];
    if (n.code != op::broadcast) return false;
    shape const& s = g.extents(n.in[0]);
    op const code = g[storage_of(g, n.in[0])].code;
    return s[1] == n.extents[1] && s.size() == s[1] && (code == op::parameter || code == op::argument);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
