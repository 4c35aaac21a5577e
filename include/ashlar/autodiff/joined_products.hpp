// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/build_moves.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A^T B of two matrices, as gradients of weights are.
constexpr bool is_gradient_product(node const& n) {
  return n.code == op::matmul && n.extents.rank == 2 && n.a[0] && !n.a[1];
}
/// Whether x is what joined_rows gives.
constexpr bool is_joined(graph const& g, int x) {
  return g[x].code == op::concat || (g[x].code == op::reshape && g[g[x].in[0]].code == op::concat);
}
/// The rows of two matrices as one matrix; of rows that follow the batch, those of each sample beside each other. -1:
/// only one of them follows it.
constexpr int joined_rows(graph& g, int x, int y) {
  if (!g[x].rows != !g[y].rows) return -1;
  if (!g[x].rows) return concat(g, 0, x, y);
  int const columns = g.extents(x)[1], batch = g.extents(x)[0] / g[x].rows;
  if (g.extents(y)[0] / g[y].rows != batch) return -1;
  int const rows = g[x].rows + g[y].rows;
  int const left = reshape(g, x, {3, {batch, g[x].rows, columns}});
  int const right = reshape(g, y, {3, {batch, g[y].rows, columns}});
  return reshape(g, concat(g, 1, left, right), {2, {batch * rows, columns}});
}

/// The sum of x and y as one product, where both are gradients of one weight by a few rows each: it is cheaper to join
/// their rows than to write products and to add them. -1 where it is not.
constexpr int joined_products(graph& g, int x, int y) {
  node const a = g[x], b = g[y];
  if (!is_gradient_product(a) || !is_gradient_product(b) || a.type != b.type) return -1;
  std::int64_t const joined = std::int64_t{a.extents[0]} + a.extents[1], summed = a.extents.size();
  if (g.extents(b.in[0])[0] * joined > summed) return -1;
  if (!is_joined(g, a.in[0]) && g.extents(a.in[0])[0] * joined > summed) return -1;
  int const left = joined_rows(g, a.in[0], b.in[0]), right = joined_rows(g, a.in[1], b.in[1]);
  if (left < 0 || right < 0) return -1;
  return matmul(g, left, right, true, false);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
