// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/conv_workspace.hpp>
#include <ashlar/passes/groups.hpp>
#include <ashlar/passes/lowered.hpp>
#include <ashlar/passes/pooled_convolution.hpp>
#include <ashlar/passes/rearranged.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Which extent of a kernel shrinks with the number of valid rows.
enum class rows_of : int { nothing, batch, m, k };

/// Blocks of images whose weight gradients are summed on their own: several where the weights are too few to divide the
/// work. The number of threads must not matter.
constexpr std::int64_t weight_blocks(std::int64_t images, shape const& weight) {
  std::int64_t const weights = std::int64_t{weight[1]} * weight[2] * weight[3];
  std::int64_t const blocks = 512 / (weights < 32 ? 32 : weights);
  return blocks < 1 ? 1 : blocks < images ? blocks : images;
}

/// batch, m, n, k, which of them follows the valid rows, its units per row. Its code may end with what lies in panels.
constexpr void lower_matmul(graph const& g, node const& n, lowered& out) {
  node const &a = g[n.in[0]], &b = g[n.in[1]];
  int r = n.extents.rank;
  bool ta = n.a[0], tb = n.a[1];
  std::int64_t m = n.extents[r - 2], cols = n.extents[r - 1], k = a.extents[ta ? r - 2 : r - 1];
  std::int64_t batch = n.extents.size() / (m * cols);
  rows_of kind = rows_of::nothing;
  std::int64_t per_row = 0;
  panel_role const panels = panels_of(n);
  if (panels == panel_role::result) {
    r = 2;
    batch = 1;
    m = a.extents[1];
    cols = b.extents[1];
    k = a.extents[0];
  }
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
  if (panels != panel_role::none) out.code.push(static_cast<int>(panels));
  for (std::int64_t v : {batch, m, cols, k, static_cast<std::int64_t>(kind), per_row}) out.numbers.push(v);
  out.flops =
      2.0 * static_cast<double>(batch) * static_cast<double>(m) * static_cast<double>(cols) * static_cast<double>(k);
}

constexpr void push_window(node const& n, lowered& out) {
  for (int i = 0; i < 9; ++i) out.numbers.push(n.a[i]);
}

/// batch, channels, h, w, out channels, oh, ow, the window, rows, blocks; then of Winograd's algorithm its division.
/// Its code says in which way it is computed.
constexpr void lower_conv(graph const& g, node const& n, bool winograd, lowered& out) {
  shape const& first = g.extents(n.in[0]);
  shape const& second = g.extents(n.in[1]);
  shape const& x = n.code == op::conv ? first : n.code == op::conv_data ? n.extents : second;
  shape const& y = n.code == op::conv ? n.extents : first;
  shape const& w = n.code == op::conv_weight ? n.extents : second;
  kernel_kind kind = n.code == op::conv        ? kernel_kind::conv
                     : n.code == op::conv_data ? kernel_kind::conv_data
                                               : kernel_kind::conv_weight;
  int rows = g[n.in[0]].rows;
  for (std::int64_t v : {x[0], x[1], x[2], x[3], y[1], y[2], y[3]}) out.numbers.push(v);
  push_window(n, out);
  out.numbers.push(rows);
  out.flops = 2.0 * static_cast<double>(y.size()) * w[1] * w[2] * w[3];
  auto push_code = [&](conv_way::type way) {
    for (int c : {static_cast<int>(kind), int{n.type == dtype::float64}, int{way}}) out.code.push(c);
  };
  if (winograd && has_winograd(n)) {
    bool const is_data = kind == kernel_kind::conv_data;
    shape const &from = is_data ? y : x, &to = is_data ? x : y;
    winograd_extents const e{from[0], from[1], to[1], to[2], to[3]};
    if (kind == kernel_kind::conv_weight ? winograd_weight_pays(e) : winograd_pays(e)) {
      push_code(conv_way::winograd);
      if (kind == kernel_kind::conv_weight) {
        winograd_weight_division const d(e);
        d.push(out.numbers);
        out.workspace = d.bytes();
        out.phases = d.parts > 1 ? 2 : 1;
      } else {
        winograd_division const d(e);
        d.push(out.numbers);
        out.workspace = d.bytes();
        out.phases = d.phases();
      }
      return;
    }
  }
  conv_workspace const room(&out.numbers[0], kind, bytes_of(n.type));
  std::int64_t const blocks = room.is_worth_it                   ? room.blocks
                              : kind == kernel_kind::conv_weight ? weight_blocks(x[0], w)
                                                                 : 1;
  out.numbers.push(blocks);
  push_code(room.is_worth_it ? conv_way::lanes : conv_way::products);
  if (room.is_worth_it) {
    out.workspace = room.bytes;
    out.phases = blocks > 1 ? 3 : 2;
  } else if (blocks > 1) {
    out.workspace = blocks * w.size() * bytes_of(n.type);
    out.phases = 2;
  }
}

/// A convolution by Winograd's algorithm with all that is behind it up to pooling; the positions of the maxima where
/// somebody else reads them. Behind its numbers: whether there are a bias, a ReLU and positions.
constexpr void lower_pooled(graph const& g, int take, bool has_positions, lowered& out) {
  pooled_convolution const p(g, take);
  lower_conv(g, g[p.conv], true, out);
  out.code.items[2] = conv_way::pooled;
  out.inputs.clear();
  for (int j : {g[p.conv].in[0], g[p.conv].in[1]}) out.inputs.push(j);
  if (p.bias >= 0) out.inputs.push(p.bias);
  if (has_positions) out.outputs.push(p.index);
  for (bool b : {p.bias >= 0, p.has_relu, has_positions}) out.numbers.push(b);
  out.flops += static_cast<double>(g.extents(g[p.conv].in[0]).size());
}

/// planes, h, w, oh, ow, the window, planes per valid row.
constexpr void lower_window(graph const& g, node const& n, kernel_kind kind, lowered& out) {
  bool put = n.code == op::window_put || n.code == op::window_spread;
  shape const& plane = put ? n.extents : g.extents(n.in[0]);
  shape const& small = put ? g.extents(n.in[0]) : n.extents;
  out.code.push(static_cast<int>(kind));
  out.code.push(g[n.in[0]].type == dtype::float64);
  std::int64_t const planes = std::int64_t{plane[0]} * plane[1];
  for (std::int64_t v :
       {planes, std::int64_t{plane[2]}, std::int64_t{plane[3]}, std::int64_t{small[2]}, std::int64_t{small[3]}})
    out.numbers.push(v);
  push_window(n, out);
  out.numbers.push(std::int64_t{g[n.in[0]].rows} * plane[1]);
  out.flops = static_cast<double>(small.size()) * n.a[0] * n.a[1];
  if (n.a[0] == 0) out.flops = static_cast<double>(plane.size());
}

/// A copy of elements that lie apart: the first one's place, the number of axes, steps of axis 0 per valid row, then
/// for each axis its extent and the distance in the operand. Axes merge where the operand allows it.
constexpr void push_move(node const& n, std::int64_t begin, std::int64_t const (&distance)[max_rank], lowered& out) {
  std::int64_t extent[max_rank]{1}, apart[max_rank]{1};
  std::int64_t rows = n.rows;
  int axes = 0;
  for (int i = 0; i < n.extents.rank; ++i) {
    if (n.extents[i] == 1 && !(i == 0 && n.rows)) continue;
    if (axes && apart[axes - 1] == distance[i] * n.extents[i]) {
      if (axes == 1) rows *= n.extents[i];
      extent[axes - 1] *= n.extents[i];
      apart[axes - 1] = distance[i];
    } else {
      extent[axes] = n.extents[i];
      apart[axes++] = distance[i];
    }
  }
  axes = axes ? axes : 1;
  out.code.push(static_cast<int>(kernel_kind::move));
  out.code.push(bytes_of(n.type));
  for (std::int64_t v : {begin, static_cast<std::int64_t>(axes), rows}) out.numbers.push(v);
  for (int i = 0; i < axes; ++i) {
    out.numbers.push(extent[i]);
    out.numbers.push(apart[i]);
  }
}
/// A slice or permutation, maybe of another one that it reads through.
template <class IsReadThrough>
constexpr void lower_move(graph const& g, int id, IsReadThrough is_read_through, lowered& out) {
  node const& n = g[id];
  rearranged const r = rearranged_from(g, id, [&](int j) { return j == id || is_read_through(j); });
  if (r.base != storage_of(g, n.in[0])) out.inputs.items[0] = r.base;
  out.bytes = 2 * n.extents.size() * bytes_of(n.type);
  push_move(n, r.begin, r.distance, out);
}

/// A product, of matrices some of which lie in parts of others; maybe written where `permutation` (-1: none) puts it.
/// Behind its numbers: how many matrices lie along the last axis before them; then of both factors and the result the
/// place of the first element, and the distances along the axes before that one, along it, and between rows.
template <class IsReadThrough>
constexpr void lower_product(graph const& g, int id, int permutation, IsReadThrough is_read_through, lowered& out) {
  node const& n = g[id];
  lower_matmul(g, n, out);
  strided_matrices of[3]{};
  bool dense = permutation < 0;
  for (int k = 0; k < 2; ++k) {
    rearranged const r = rearranged_from(g, n.in[k], is_read_through);
    of[k] = strided_matrices(r);
    bool const is_stored = r.base == storage_of(g, n.in[k]);
    dense = dense && is_stored;
    out.inputs.items[k] = is_stored ? n.in[k] : r.base;
  }
  if (dense) return;
  of[2] = strided_matrices(permutation < 0 ? as_stored(g, id) : result_in(g, id, permutation));
  if (permutation >= 0) out.outputs.items[0] = permutation;
  if (!of[0].is_possible || !of[1].is_possible || !of[2].is_written())
    refuse("internal: a product that cannot be read");
  out.code.items[0] = static_cast<int>(kernel_kind::strided_matmul);
  for (int k = 0; k < 2; ++k) out.code.items[2 + k] ^= of[k].transposed;
  out.numbers.push(n.extents.rank > 2 ? n.extents[n.extents.rank - 3] : 1);
  for (strided_matrices const& m : of)
    for (std::int64_t v : {m.begin, m.outer, m.inner, m.row}) out.numbers.push(v);
  for (int j : {id, n.in[0], n.in[1]}) out.bytes += g.extents(j).size() * bytes_of(n.type);
}

/// What lies before an axis, on it and behind it; and how much of what lies before belongs to a valid row.
struct axis_split {
  std::int64_t outer = 1, extent = 1, inner = 1, outer_rows = 0;

  constexpr axis_split(shape const& s, int axis, int rows) {
    for (int i = 0; i < axis; ++i) outer *= s[i];
    extent = s[axis];
    for (int i = axis + 1; i < s.rank; ++i) inner *= s[i];
    if (rows && axis > 0) outer_rows = outer / s[0] * rows;
  }
};

/// outer, extent, inner, outer per valid row, then the operand's extent, its begin and step.
constexpr void lower_pad(graph const& g, node const& n, lowered& out) {
  axis_split const a(n.extents, n.a[0], n.rows);
  out.code.push(static_cast<int>(kernel_kind::pad));
  out.code.push(bytes_of(n.type));
  std::int64_t const count = g.extents(n.in[0])[n.a[0]];
  for (std::int64_t v : {a.outer, a.extent, a.inner, a.outer_rows, count}) out.numbers.push(v);
  out.numbers.push(n.a[1]);
  out.numbers.push(n.a[2]);
}

/// What a concat reads, where those among its operands that are members of its group are concats themselves.
constexpr void push_parts(graph const& g, int id, list<int> const& members, list<int>& parts) {
  g.each_operand(id, [&](int j) {
    if (members.find(j) >= 0)
      push_parts(g, j, members, parts);
    else
      parts.push(j);
  });
}
/// outer, outer per valid row, then the bytes of each operand's block.
constexpr void lower_concat(graph const& g, list<int> const& members, lowered& out) {
  node const& n = g[members.back()];
  axis_split const a(n.extents, n.a[0], n.rows);
  out.inputs.clear();
  push_parts(g, members.back(), members, out.inputs);
  out.code.push(static_cast<int>(kernel_kind::concat));
  out.code.push(out.inputs.size());
  out.numbers.push(a.outer);
  out.numbers.push(a.outer_rows);
  for (int j : out.inputs) out.numbers.push(g.extents(j)[n.a[0]] * a.inner * bytes_of(n.type));
}

/// outer, extent, inner, outer per valid row, extent per valid row, whether reversed.
constexpr void lower_cumsum(node const& n, lowered& out) {
  axis_split const a(n.extents, n.a[0], n.rows);
  out.code.push(static_cast<int>(kernel_kind::cumsum));
  out.code.push(static_cast<int>(n.type));
  for (std::int64_t v : {a.outer, a.extent, a.inner, a.outer_rows}) out.numbers.push(v);
  out.numbers.push(n.a[0] == 0 ? n.rows : 0);
  out.numbers.push(n.a[1]);
  out.flops = static_cast<double>(n.extents.size());
}

/// leading, the extent that is indexed, indices, inner; leading per valid row, indices per valid row.
constexpr void lower_gather(graph const& g, node const& n, kernel_kind kind, lowered& out) {
  shape const& large = n.code == op::gather ? g.extents(n.in[0]) : n.extents;
  shape const& index = g.extents(n.in[1]);
  int const rows = n.code == op::gather ? n.rows : n.a[1];
  axis_split const a(large, n.a[0], rows);
  std::int64_t const indices = index.size() / a.outer;
  out.code.push(static_cast<int>(kind));
  out.code.push(static_cast<int>(n.type));
  for (std::int64_t v : {a.outer, a.extent, indices, a.inner, a.outer_rows}) out.numbers.push(v);
  out.numbers.push(rows && n.a[0] == 0 && index.rank > 0 ? indices / index[0] * rows : 0);
  if (n.code == op::scatter) out.flops = static_cast<double>(a.outer * indices * a.inner);
}

/// outer, extent, outer per valid row, stream.
constexpr void lower_permutation(node const& n, lowered& out) {
  axis_split const a(n.extents, n.extents.rank - 1, n.rows);
  out.code.push(static_cast<int>(kernel_kind::permutation));
  for (std::int64_t v : {a.outer, a.extent, a.outer_rows}) out.numbers.push(v);
  out.numbers.push(static_cast<std::int64_t>(n.a[1]) << 32 | n.a[0]);
}

/// Rows of axis 0 per valid row; the plan numbers the kernel.
constexpr void lower_custom(node const& n, lowered& out) {
  out.code.push(static_cast<int>(kernel_kind::custom));
  out.custom = n.custom;
  out.numbers.push(n.rows);
}

/// A node that has a kernel of its own, the last of its group; the others are concats that it joins, or the product
/// that it permutes, or what stands before its pooling. `groups`: of all nodes, if any has no memory of its own. A
/// convolution by Winograd's algorithm where it may and that pays. `is_output(node)`: whether others need it in memory.
template <class IsOutput>
constexpr lowered lower_node(graph const& g, list<int> const& members, grouping const* groups, bool winograd,
                             IsOutput is_output) {
  int const id = members.back();
  node const& n = g[id];
  lowered out;
  for (int j : n.in)
    if (j >= 0) out.inputs.push(j);
  out.outputs.push(id);
  auto is_read_through = [&](int j) { return groups && groups->is_read_through(g, j); };
  if (is_move(n.code) && members.size() > 1) {
    out.inputs.resize(2, -1);
    lower_product(g, members[0], id, is_read_through, out);
    return out;
  }
  if (n.code == op::window_take && members.size() > 1) {
    lower_pooled(g, id, is_output(n.in[1]), out);
    return out;
  }
  switch (n.code) {
    case op::matmul: lower_product(g, id, -1, is_read_through, out); break;
    case op::conv:
    case op::conv_data:
    case op::conv_weight: lower_conv(g, n, winograd, out); break;
    case op::window_index: lower_window(g, n, kernel_kind::window_index, out); break;
    case op::window_take: lower_window(g, n, kernel_kind::window_take, out); break;
    case op::window_put: lower_window(g, n, kernel_kind::window_put, out); break;
    case op::window_sum: lower_window(g, n, kernel_kind::window_sum, out); break;
    case op::window_spread: lower_window(g, n, kernel_kind::window_spread, out); break;
    case op::permute:
    case op::slice: lower_move(g, id, is_read_through, out); break;
    case op::pad: lower_pad(g, n, out); break;
    case op::concat: lower_concat(g, members, out); break;
    case op::cumsum: lower_cumsum(n, out); break;
    case op::gather: lower_gather(g, n, kernel_kind::gather, out); break;
    case op::scatter: lower_gather(g, n, kernel_kind::scatter, out); break;
    case op::permutation: lower_permutation(n, out); break;
    case op::custom: lower_custom(n, out); break;
    default: refuse("internal: a node without a kernel");
  }
  return out;
}

constexpr lowered lower_node(graph const& g, list<int> const& members, grouping const* groups = nullptr) {
  return lower_node(g, members, groups, false, [](int) { return true; });
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
