// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/build.hpp>

/// Functions that add nodes which move elements along an axis: cut out, put into place, joined, summed up, looked up.
namespace ashlar::inline ASHLAR_ABI::detail {

constexpr shape with_extent(shape s, int axis, int extent) {
  s.extent[axis] = extent;
  return s;
}
/// Whether an axis is the batch, whose rows must stay where they are.
constexpr bool is_batch(graph const& g, int x, int axis) { return axis == 0 && g[x].rows; }

/// d as a gradient of x: where x is none of the batch, neither is d. A batch of 1 has the extents of what it meets, so
/// that nothing was stretched which is summed back.
constexpr int with_rows_of(graph& g, int x, int d) {
  if (g[x].rows || !g[d].rows || g[d].rows != g.extents(d)[0]) return d;
  node const n = g[d];
  if (n.code == op::constant) return add_constant(g, n.number, n.type, n.extents);
  return g.push({op::reshape, n.type, {d, -1, -1}, n.extents, 0});
}

/// Elements begin, begin + step, ... along an axis, `count` of them.
constexpr int slice(graph& g, int x, int axis, int begin, int count, int step = 1) {
  node const n = g[x];
  if (begin == 0 && step == 1 && count == n.extents[axis]) return x;
  shape const s = with_extent(n.extents, axis, count);
  if (is_batch(g, x, axis)) return add_refused(g, refusal::batch_rearranged, n.type, s);
  if (n.code == op::constant) return add_constant(g, n.number, n.type, s, n.rows);
  return g.push({op::slice, n.type, {x, -1, -1}, s, n.rows, {axis, begin, step}});
}
/// The other way round: zeros, `extent` of them along the axis, with x at begin, begin + step, ...
constexpr int pad(graph& g, int x, int axis, int begin, int extent, int step = 1) {
  node const n = g[x];
  if (begin == 0 && step == 1 && extent == n.extents[axis]) return x;
  shape const s = with_extent(n.extents, axis, extent);
  if (is_batch(g, x, axis)) return add_refused(g, refusal::batch_rearranged, n.type, s);
  if (is_constant(g, x, 0)) return add_constant(g, 0, n.type, s, n.rows);
  return g.push({op::pad, n.type, {x, -1, -1}, s, n.rows, {axis, begin, step}});
}
/// The elements along an axis from the last to the first.
constexpr int flip(graph& g, int x, int axis) {
  int const count = g.extents(x)[axis];
  return count == 1 ? x : slice(g, x, axis, count - 1, count, -1);
}
/// Two or three values (z: -1 where there are two), one after the other along an axis.
constexpr int concat(graph& g, int axis, int x, int y, int z = -1) {
  shape s = with_extent(g.extents(x), axis, 0);
  int rows = 0;
  for (int j : {x, y, z}) {  // the same one may be among them several times
    if (j < 0) continue;
    shape const& other = g.extents(j);
    if (other.rank != s.rank || g[j].type != g[x].type) refuse("concat: ranks or dtypes differ");
    for (int i = 0; i < s.rank; ++i)
      if (i != axis && other[i] != s[i]) refuse("concat: extents differ");
    s.extent[axis] += other[axis];
    rows = g[j].rows > rows ? g[j].rows : rows;
  }
  for (int j : {x, y, z})
    if (j >= 0 && is_batch(g, j, axis)) return add_refused(g, refusal::batch_rearranged, g[x].type, s);
  return g.push({op::concat, g[x].type, {x, y, z}, s, rows, {axis}});
}
/// Any number of values, three at a time; a plan joins them at once.
constexpr int concat_all(graph& g, int axis, int const* all, int count) {
  if (count == 1) return all[0];
  if (count == 2) return concat(g, axis, all[0], all[1]);
  int const first = count / 3, second = (count - first) / 2;
  return concat(g, axis, concat_all(g, axis, all, first), concat_all(g, axis, all + first, second),
                concat_all(g, axis, all + first + second, count - first - second));
}
/// conv of an image that may hold more windows than wanted, of which the first are kept: [batch, out, h, w] as `like`
/// has them. A transposed convolution makes such images where its output padding is not less than its stride.
constexpr int conv_like(graph& g, int x, int weight, window const& w, shape const& like) {
  int const rows = slice(g, conv(g, x, weight, w), 2, 0, like[2]);
  return slice(g, rows, 3, 0, like[3]);
}
/// The sum of the elements up to each place of an axis; reversed: from each place on. Over the batch: of valid rows.
constexpr int cumsum(graph& g, int x, int axis, bool reversed = false) {
  node const n = g[x];
  if (n.extents[axis] == 1 && !is_batch(g, x, axis)) return x;
  return g.push({op::cumsum, n.type, {x, -1, -1}, n.extents, n.rows, {axis, reversed}});
}

/// x [leading..., n, inner...] at indices [leading..., m...] -> [leading..., m..., inner...]. An index that is none
/// gives NaN, and 0 where there is no NaN.
constexpr int gather(graph& g, int x, int index, int leading) {
  shape const& from = g.extents(x);
  shape s = g.extents(index);
  for (int i = 0; i < leading; ++i)
    if (from[i] != s[i]) refuse("gather: the leading axes differ");
  int rows = g[index].rows;
  if (leading > 0 && g[x].rows > rows) rows = g[x].rows;
  if (s.rank + from.rank - leading - 1 > max_rank) return add_refused(g, refusal::many_axes, g[x].type, s);
  for (int i = leading + 1; i < from.rank; ++i) s.extent[s.rank++] = from[i];
  if (leading == 0 && g[x].rows) return add_refused(g, refusal::batch_rearranged, g[x].type, s);
  return g.push({op::gather, g[x].type, {x, index, -1}, s, rows, {leading}});
}
/// The other way round: zeros of shape `to`, to which the slices of d are added at their indices, always in the same
/// order. An index that is none adds nothing.
constexpr int scatter(graph& g, int d, int index, shape to, int leading) {
  int const most = g[d].rows > g[index].rows ? g[d].rows : g[index].rows;
  return g.push({op::scatter, g[d].type, {d, index, -1}, to, leading > 0 ? most : 0, {leading, most}});
}

/// 0 to n - 1 in random order along the last axis of each leading index.
constexpr int add_permutation(graph& g, shape const& extents, int rows, std::uint64_t stream) {
  return g.push({op::permutation,
                 dtype::int32,
                 {-1, -1, -1},
                 extents,
                 rows,
                 {static_cast<int>(stream & 0x7fffffff), static_cast<int>(stream >> 32 & 0x7fffffff)}});
}

/// The user's primitive of up to three operands. Never merged with another: with sanitizers, whether two addresses are
/// equal is no constant.
constexpr int add_custom(graph& g, custom_primitive const* primitive, int const (&operands)[3], dtype type,
                         shape const& extents, int rows) {
  node n{op::custom, type, {operands[0], operands[1], operands[2]}, extents, rows, {g.ordinal()}};
  n.custom = primitive;
  return g.push(n);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
