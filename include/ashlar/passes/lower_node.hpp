// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/groups.hpp>
#include <ashlar/passes/lowered.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Which extent of a kernel shrinks with the number of valid rows.
enum class rows_of : int { nothing, batch, m, k };

/// Elements of a convolution's workspace: one image unfolded to [in * kh * kw, oh * ow].
constexpr std::int64_t unfolded_size(shape const& weight, shape const& output) {
  return std::int64_t{weight[1]} * weight[2] * weight[3] * output[2] * output[3];
}

constexpr void lower_matmul(graph const& g, node const& n, lowered& out) {
  node const &a = g[n.in[0]], &b = g[n.in[1]];
  int r = n.extents.rank;
  bool ta = n.a[0], tb = n.a[1];
  std::int64_t m = n.extents[r - 2], cols = n.extents[r - 1], k = a.extents[ta ? r - 2 : r - 1];
  std::int64_t batch = n.extents.size() / (m * cols);
  rows_of kind = rows_of::nothing;
  std::int64_t per_row = 0;
  if (r > 2 && (a.rows || b.rows)) {
    kind = rows_of::batch;
    per_row = batch / n.extents[0] * (a.rows > b.rows ? a.rows : b.rows);
  } else if (r == 2 && a.rows) {
    kind = ta ? rows_of::k : rows_of::m;
    per_row = a.rows;
  } else if (r == 2 && b.rows) {
    kind = rows_of::k;
    per_row = b.rows;
  }
  out.code.push(static_cast<int>(kernel_kind::matmul));
  out.code.push(n.type == dtype::float64);
  out.code.push(ta);
  out.code.push(tb);
  for (std::int64_t v : {batch, m, cols, k, static_cast<std::int64_t>(kind), per_row}) out.numbers.push(v);
  out.flops =
      2.0 * static_cast<double>(batch) * static_cast<double>(m) * static_cast<double>(cols) * static_cast<double>(k);
}

constexpr void push_window(node const& n, lowered& out) {
  for (int i = 0; i < 6; ++i) out.numbers.push(n.a[i]);
}

/// batch, channels, h, w, out channels, oh, ow, the window, rows.
constexpr void lower_conv(graph const& g, node const& n, lowered& out) {
  shape const& first = g.extents(n.in[0]);
  shape const& second = g.extents(n.in[1]);
  shape const& x = n.code == op::conv ? first : n.code == op::conv_data ? n.extents : second;
  shape const& y = n.code == op::conv ? n.extents : first;
  shape const& w = n.code == op::conv_weight ? n.extents : second;
  kernel_kind kind = n.code == op::conv        ? kernel_kind::conv
                     : n.code == op::conv_data ? kernel_kind::conv_data
                                               : kernel_kind::conv_weight;
  int rows = g[n.in[0]].rows;
  out.code.push(static_cast<int>(kind));
  out.code.push(n.type == dtype::float64);
  for (std::int64_t v : {x[0], x[1], x[2], x[3], y[1], y[2], y[3]}) out.numbers.push(v);
  push_window(n, out);
  out.numbers.push(rows);
  out.workspace = unfolded_size(w, y) * bytes_of(n.type);
  out.flops = 2.0 * static_cast<double>(y.size()) * w[1] * w[2] * w[3];
}

/// planes, h, w, oh, ow, the window, planes per valid row.
constexpr void lower_window(graph const& g, node const& n, lowered& out) {
  bool put = n.code == op::window_put;
  shape const& plane = put ? n.extents : g.extents(n.in[0]);
  shape const& small = put ? g.extents(n.in[0]) : n.extents;
  kernel_kind kind = put                         ? kernel_kind::window_put
                     : n.code == op::window_take ? kernel_kind::window_take
                                                 : kernel_kind::window_index;
  out.code.push(static_cast<int>(kind));
  out.code.push(g[n.in[0]].type == dtype::float64);
  for (std::int64_t v : {plane[0] * plane[1], plane[2], plane[3], small[2], small[3]}) out.numbers.push(v);
  push_window(n, out);
  out.numbers.push(g[n.in[0]].rows * plane[1]);
  out.flops = static_cast<double>(small.size()) * n.a[0] * n.a[1];
}

/// rank, rows of axis 0 per valid row, then for each axis of the result its extent and the distance in the operand.
constexpr void lower_permute(graph const& g, node const& n, lowered& out) {
  shape const& from = g.extents(n.in[0]);
  out.code.push(static_cast<int>(kernel_kind::permute));
  out.code.push(bytes_of(n.type));
  out.numbers.push(n.extents.rank);
  out.numbers.push(n.rows);
  for (int i = 0; i < n.extents.rank; ++i) {
    int source = n.a[0] >> (3 * i) & 7;
    std::int64_t distance = 1;
    for (int k = source + 1; k < from.rank; ++k) distance *= from[k];
    out.numbers.push(n.extents[i]);
    out.numbers.push(distance);
  }
}

/// A node that has a kernel of its own.
constexpr lowered lower_node(graph const& g, int id) {
  node const& n = g[id];
  lowered out;
  for (int j : n.in)
    if (j >= 0) out.inputs.push(j);
  out.outputs.push(id);
  switch (n.code) {
    case op::matmul: lower_matmul(g, n, out); break;
    case op::conv:
    case op::conv_data:
    case op::conv_weight: lower_conv(g, n, out); break;
    case op::window_index:
    case op::window_take:
    case op::window_put: lower_window(g, n, out); break;
    case op::permute: lower_permute(g, n, out); break;
    default: refuse("internal: a node without a kernel");
  }
  return out;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
