// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/graph.hpp>

/// Functions that add nodes: each works out shape, dtype and rows of its result, and simplifies where that is exact.
namespace ashlar::inline ASHLAR_ABI::detail {

constexpr std::int64_t wrapped(dtype type, std::int64_t x) {
  if (type == dtype::boolean) return x != 0;
  return type == dtype::uint8 ? x & 255 : type == dtype::int32 ? static_cast<std::int32_t>(x) : x;
}
/// A number as a dtype holds it: whole numbers truncate towards zero and wrap around; what not even int64 can hold
/// becomes the smallest or largest.
constexpr double number_in(dtype type, double x) {
  constexpr double beyond = 9223372036854775808.0;  // 2^63
  if (is_floating(type)) return x;
  if (type == dtype::boolean || x != x) return x == x && x != 0;
  if (x >= -beyond && x < beyond) return static_cast<double>(wrapped(type, static_cast<std::int64_t>(x)));
  if (type == dtype::uint8) return x < 0 ? 0 : 255;
  if (type == dtype::int32) return x < 0 ? -2147483648.0 : 2147483647.0;
  return x < 0 ? -beyond : 9223372036854774784.0;  // the last double before 2^63
}

/// Rows as of the value that it is like: a sum over the batch takes so many of a constant, too.
constexpr int add_constant(graph& g, double number, dtype type, shape extents = {}, int rows = 0) {
  return g.push({op::constant, type, {-1, -1, -1}, extents, rows, {}, number_in(type, number)});
}
/// A number for every element of node x.
constexpr int add_like(graph& g, int x, double number) {
  return add_constant(g, number, g[x].type, g.extents(x), g[x].rows);
}
constexpr bool is_constant(graph const& g, int x, double number) {
  return g[x].code == op::constant && g[x].number == number;
}
constexpr int add_leaf(graph& g, op code, dtype type, shape extents, int rows, int ordinal) {
  return g.push({code, type, {-1, -1, -1}, extents, rows, {ordinal}});
}
constexpr int add_stop(graph& g, int x) {
  return g.push({op::stop_gradient, g[x].type, {x, -1, -1}, g[x].extents, g[x].rows});
}
constexpr int add_alias(graph& g, int x) {
  return g.push({op::alias, g[x].type, {x, -1, -1}, g[x].extents, g[x].rows, {g.ordinal()}});
}
/// Notes what cannot be done; a value of that shape stands for its result.
constexpr int add_refused(graph& g, refusal why, dtype type, shape const& extents) {
  g.note(why);
  return add_constant(g, 0, type, extents);
}
/// The number of valid rows of the batch is scalar 0 of every program.
constexpr int add_scalar(graph& g, dtype type, int index) {
  return g.push({op::scalar, type, {-1, -1, -1}, {}, 0, {index}});
}
constexpr int rows_scalar(graph& g, dtype type) { return add_scalar(g, type, 0); }
/// 0, 1, 2, ... along `axis` of a value of that rank; its other extents are 1.
constexpr int add_iota(graph& g, dtype type, int rank, int axis, int count) {
  shape s;
  for (s.rank = 0; s.rank < rank; ++s.rank) s.extent[s.rank] = s.rank == axis ? count : 1;
  return g.push({op::iota, type, {-1, -1, -1}, s, 0, {axis}});
}
/// A number that names the layer being recorded and the call of the network, the same on every policy.
constexpr std::uint64_t stream_key(graph const& g) {
  std::uint64_t h = 0xcbf29ce484222325u;
  auto mix = [&](std::uint64_t word) { h = (h ^ word) * 0x100000001b3u; };
  if (g.parent) h = stream_key(*g.parent);
  for (int p = g.scope; p > 0; p = g.paths[p].parent) {
    path_entry const& e = g.paths[p];
    mix(static_cast<std::uint64_t>(e.kind) + 1);
    mix(static_cast<std::uint64_t>(e.number) + 1);
    for (int i = 0; i < e.length; ++i) mix(static_cast<unsigned char>(e.text[i]));
  }
  mix(static_cast<std::uint64_t>(g.call));
  return h;
}
/// Uniform numbers in [0, 1) of a stream; rows as of the value they are drawn for.
constexpr int add_random(graph& g, dtype type, shape extents, int rows, std::uint64_t stream) {
  return g.push({op::random,
                 type,
                 {-1, -1, -1},
                 extents,
                 rows,
                 {static_cast<int>(stream & 0x7fffffff), static_cast<int>(stream >> 32 & 0x7fffffff)}});
}

constexpr int reshape(graph& g, int x, shape extents) {
  if (g[x].extents == extents) return x;
  if (g[x].extents.size() != extents.size()) refuse("reshape: the numbers of elements differ");
  int rows = 0;
  if (g[x].rows) {
    int batch = g[x].extents[0] / g[x].rows;
    if (extents.rank == 0 || extents[0] % batch)
      return add_refused(g, refusal::reshape_cuts_samples, g[x].type, extents);
    rows = extents[0] / batch;
  }
  if (g[x].code == op::constant) return add_constant(g, g[x].number, g[x].type, extents, rows);
  int const from = g[x].code == op::reshape ? g[x].in[0] : x;
  if (from != x && (g[x].rows || !g[from].rows)) return reshape(g, from, extents);
  return g.push({op::reshape, g[x].type, {from, -1, -1}, extents, rows});
}

/// Stretches extents of 1; `rows` are the rows of the result where axis 0 is stretched over the batch.
constexpr int broadcast(graph& g, int x, shape extents, int rows) {
  node const& n = g[x];
  if (n.extents == extents) return x;
  if (n.extents.rank > extents.rank) refuse("broadcast: more axes than the result has");
  if (n.extents.rank < extents.rank) {
    shape padded = extents;
    int lead = extents.rank - n.extents.rank;
    for (int i = 0; i < extents.rank; ++i) padded.extent[i] = i < lead ? 1 : n.extents[i - lead];
    if (n.rows) return add_refused(g, refusal::axis_before_the_batch, n.type, extents);
    return broadcast(g, reshape(g, x, padded), extents, rows);
  }
  for (int i = 0; i < extents.rank; ++i)
    if (n.extents[i] != extents[i] && n.extents[i] != 1) refuse("broadcast: extents must be equal or 1");
  if (n.rows) rows = n.extents[0] == extents[0] ? n.rows : 0;  // a batch of 1 that is stretched is none
  if (n.code == op::constant) return add_constant(g, n.number, n.type, extents, rows);
  if (n.code == op::broadcast) return broadcast(g, n.in[0], extents, rows);
  return g.push({op::broadcast, n.type, {x, -1, -1}, extents, rows});
}

/// The same value in memory of its own; never merged with another.
constexpr int add_copy(graph& g, int x) {
  return g.push({op::convert, g[x].type, {x, -1, -1}, g[x].extents, g[x].rows, {g.ordinal() + 1}});
}

/// The node, or a copy of it where it has no memory of its own to be placed: a leaf, something made again by every
/// reader, or what `taken` holds already.
constexpr int with_own_memory(graph& g, int id, list<int>& taken) {
  int s = storage_of(g, id);
  op const code = g[s].code;
  bool const shared = is_leaf(code) || is_inlined(code) || code == op::assign || code == op::exchange;
  if (shared || taken.find(s) >= 0) s = id = add_copy(g, id);
  taken.push(s);
  return id;
}

constexpr int convert(graph& g, int x, dtype type) {
  if (g[x].type == type) return x;
  if (g[x].code == op::constant && is_floating(type))
    return add_constant(g, g[x].number, type, g[x].extents, g[x].rows);
  return g.push({op::convert, type, {x, -1, -1}, g[x].extents, g[x].rows});
}

constexpr int unary(graph& g, op code, int x) {
  if (code == op::neg && g[x].code == op::neg) return g[x].in[0];
  if (code == op::neg && g[x].code == op::constant) return add_like(g, x, -g[x].number);
  if (gives_fractions(code) && !is_floating(g[x].type))
    return add_refused(g, refusal::whole_numbers, g[x].type, g[x].extents);
  return g.push({code, g[x].type, {x, -1, -1}, g[x].extents, g[x].rows});
}

/// r = p op q of floating constants, where a constant can say it.
constexpr bool fold_floating(op code, double p, double q, double& r) {
  switch (code) {
    case op::add: r = p + q; return true;
    case op::sub: r = p - q; return true;
    case op::mul: r = p * q; return true;
    case op::div: r = q != 0 ? p / q : 0; return q != 0;
    default: return false;
  }
}
/// The same of whole numbers: constants are doubles, which hold them up to 2^53.
constexpr bool fold_whole(op code, dtype type, double p, double q, double& r) {
  std::uint64_t const a = static_cast<std::uint64_t>(static_cast<std::int64_t>(p));
  std::uint64_t const b = static_cast<std::uint64_t>(static_cast<std::int64_t>(q));
  std::uint64_t whole = 0;
  switch (code) {
    case op::add: whole = a + b; break;
    case op::sub: whole = a - b; break;
    case op::mul: whole = a * b; break;
    default: return false;
  }
  std::int64_t const last = std::int64_t{1} << 53, made = wrapped(type, static_cast<std::int64_t>(whole));
  r = static_cast<double>(made);
  return made >= -last && made <= last;
}
constexpr bool fold(op code, dtype type, double p, double q, double& r) {
  return is_floating(type) ? fold_floating(code, p, q, r) : fold_whole(code, type, p, q, r);
}

constexpr int binary(graph& g, op code, int x, int y) {
  node const a = g[x], b = g[y];
  if (!(a.extents == b.extents)) refuse("an operation of two values whose shapes differ");
  if (a.type != b.type) refuse("an operation of two values whose dtypes differ");
  if (double r = 0; a.code == op::constant && b.code == op::constant && fold(code, a.type, a.number, b.number, r))
    return add_constant(g, r, a.type, a.extents, a.rows > b.rows ? a.rows : b.rows);
  bool keeps_rows = a.rows || !b.rows;  // what stays must not forget that axis 0 is the batch
  if (code == op::mul && is_constant(g, y, 1) && keeps_rows) return x;
  if (code == op::mul && is_constant(g, x, 1) && (b.rows || !a.rows)) return y;
  if (code == op::div && is_constant(g, y, 1) && keeps_rows) return x;
  if (code == op::mul && is_constant(g, y, -1) && keeps_rows) return unary(g, op::neg, x);
  int rows = a.rows > b.rows ? a.rows : b.rows;
  if (is_commutative(code) && x > y) {
    int t = x;
    x = y;
    y = t;
  }
  dtype type = code == op::greater || code == op::equal ? dtype::boolean : a.type;
  return g.push({code, type, {x, y, -1}, a.extents, rows});
}

/// x to the power of y; whole exponents from -1 to 3 become products.
constexpr int power(graph& g, int x, int y) {
  node const b = g[y];
  bool const keeps_rows = g[x].rows || !b.rows;
  if (b.code != op::constant || !keeps_rows) return binary(g, op::pow, x, y);
  if (b.number == 0) return add_like(g, x, 1);
  if (b.number == 1) return x;
  if (b.number == 2) return binary(g, op::mul, x, x);
  if (b.number == 3) return binary(g, op::mul, x, binary(g, op::mul, x, x));
  if (b.number == -1 && is_floating(b.type)) return binary(g, op::div, add_like(g, x, 1), x);
  return binary(g, op::pow, x, y);
}

/// condition != 0 ? x : y, element by element.
constexpr int select(graph& g, int condition, int x, int y) {
  if (!(g[condition].extents == g[x].extents) || !(g[x].extents == g[y].extents))
    refuse("select: the three shapes differ");
  int rows = g[condition].rows;
  rows = g[x].rows > rows ? g[x].rows : rows;
  rows = g[y].rows > rows ? g[y].rows : rows;
  return g.push({op::select, g[x].type, {condition, x, y}, g[x].extents, rows});
}

/// A new version of `target` (a state or range), written when every reader of the old one is done.
constexpr int assign(graph& g, int value, int target) {
  if (!(g[value].extents == g[target].extents)) refuse("assign: the shapes differ");
  return g.push({op::assign, g[target].type, {value, target, -1}, g[target].extents, 0});
}

/// Sum or maximum over the axes of a bit mask; their extents become 1. Over the batch: of the valid rows.
constexpr int reduce(graph& g, op code, int x, int axes) {
  node const n = g[x];
  shape s = n.extents;
  double times = 1;
  bool trivial = true;
  for (int i = 0; i < s.rank; ++i)
    if (axes >> i & 1) {
      trivial = trivial && s.extent[i] == 1;
      times *= s.extent[i];
      s.extent[i] = 1;
    }
  bool over_rows = n.rows && (axes & 1);
  if (trivial && !over_rows) return x;
  if (n.code == op::constant && !over_rows) {
    double r = n.number;
    if (code == op::max || fold(op::mul, n.type, n.number, times, r)) return add_constant(g, r, n.type, s, n.rows);
    return binary(g, op::mul, add_constant(g, n.number, n.type, s, n.rows), add_constant(g, times, n.type, s, n.rows));
  }
  return g.push({code, n.type, {x, -1, -1}, s, over_rows ? 0 : n.rows, {axes}});
}

/// The axes along which `small` was stretched to `large` (equal ranks).
constexpr int stretched_axes(shape const& small, shape const& large) {
  int axes = 0;
  for (int i = 0; i < large.rank; ++i)
    if (small[i] == 1 && large[i] != 1) axes |= 1 << i;
  return axes;
}

/// Of a matrix, or several, with the last two axes swapped: the one before, which products read as well.
constexpr int as_it_lies(graph const& g, int x, bool& transposed) {
  node const& n = g[x];
  if (n.code != op::permute) return x;
  int swapped = 0;
  for (int i = 0, r = n.extents.rank; i < r; ++i) swapped |= (i < r - 2 ? i : 2 * r - 3 - i) << (3 * i);
  if (n.a[0] != swapped) return x;
  transposed = !transposed;
  return as_it_lies(g, n.in[0], transposed);
}

/// [batch..., M, K] x [batch..., K, N], each with its last two axes swapped where asked.
constexpr int matmul(graph& g, int x, int y, bool transpose_x = false, bool transpose_y = false) {
  x = as_it_lies(g, x, transpose_x);
  y = as_it_lies(g, y, transpose_y);
  node const a = g[x], b = g[y];
  int r = a.extents.rank;
  if (r < 2 || b.extents.rank != r) refuse("matmul: both operands need the same number of axes, two at least");
  int m = a.extents[transpose_x ? r - 1 : r - 2], k = a.extents[transpose_x ? r - 2 : r - 1];
  int k2 = b.extents[transpose_y ? r - 1 : r - 2], n = b.extents[transpose_y ? r - 2 : r - 1];
  if (k != k2) refuse("matmul: the inner extents differ");
  shape s = a.extents;
  for (int i = 0; i + 2 < r; ++i)
    if (a.extents[i] != b.extents[i]) refuse("matmul: the leading axes differ");
  s.extent[r - 2] = m;
  s.extent[r - 1] = n;
  if (!is_floating(a.type)) return add_refused(g, refusal::whole_numbers, a.type, s);
  int rows = 0;
  if (r > 2) {
    rows = a.rows > b.rows ? a.rows : b.rows;
  } else {
    rows = transpose_x ? 0 : a.rows;
    if (b.rows && transpose_y) return add_refused(g, refusal::batch_as_columns, a.type, s);
    if ((a.rows && transpose_x) != (b.rows && !transpose_y) && (a.rows && b.rows))
      return add_refused(g, refusal::batch_summed_on_one_side, a.type, s);
  }
  return g.push({op::matmul, a.type, {x, y, -1}, s, rows, {transpose_x, transpose_y}});
}

/// [m, k] x [k, n], or of a transposed factor [m, n] x [n, k], where that one is [n / width, k, width].
constexpr int product_of_panels(graph& g, int x, int panels, bool transposed) {
  node const a = g[x];
  shape const w = g.extents(panels);
  if (a.extents.rank != 2 || w.rank != 3 || a.extents[1] != (transposed ? w[0] * w[2] : w[1]))
    refuse("a product of panels: the inner extents differ");
  shape s = a.extents;
  s.extent[1] = transposed ? w[1] : w[0] * w[2];
  return g.push(
      {op::matmul, a.type, {x, panels, -1}, s, a.rows, {0, transposed, static_cast<int>(panel_role::factor)}});
}
/// [m, k]^T x [m, n] as [n / width, k, width].
constexpr int product_in_panels(graph& g, int x, int y) {
  node const a = g[x], b = g[y];
  if (a.extents.rank != 2 || b.extents.rank != 2 || a.extents[0] != b.extents[0] || b.extents[1] % panel_columns)
    refuse("a product in panels: the inner extents differ");
  shape s;
  s.rank = 2;
  s.extent[0] = b.extents[1];
  s.extent[1] = a.extents[1];
  s = stored_shape(s, stored_order::panels);
  return g.push({op::matmul, a.type, {x, y, -1}, s, 0, {1, 0, static_cast<int>(panel_role::result)}});
}
constexpr panel_role panels_of(node const& product) { return static_cast<panel_role>(product.a[2]); }

constexpr node window_node(op code, dtype type, int x, int y, shape s, int rows, window const& w) {
  return {code,
          type,
          {x, y, -1},
          s,
          rows,
          {w.kernel[0], w.kernel[1], w.stride[0], w.stride[1], w.padding[0], w.padding[1], w.dilation[0], w.dilation[1],
           w.groups}};
}
/// [batch, channels, h, w] after windows that slide over its planes.
constexpr shape windows_of(shape s, window const& w) {
  s.extent[2] = w.output(0, s[2]);
  s.extent[3] = w.output(1, s[3]);
  return s;
}
/// [batch, in, h, w] with a weight [out, in / groups, kh, kw].
constexpr int conv(graph& g, int x, int weight, window const& w) {
  shape s = g.extents(x), k = g.extents(weight);
  if (s.rank != 4 || k.rank != 4 || s[1] != k[1] * w.groups || k[0] % w.groups)
    refuse("conv: needs [batch, in, h, w] and [out, in / groups, kh, kw]");
  s = windows_of(s, w);
  s.extent[1] = k[0];
  if (!is_floating(g[x].type)) return add_refused(g, refusal::whole_numbers, g[x].type, s);
  return g.push(window_node(op::conv, g[x].type, x, weight, s, g[x].rows, w));
}
constexpr int conv_data(graph& g, int dy, int weight, shape input, window const& w) {
  return g.push(window_node(op::conv_data, g[dy].type, dy, weight, input, g[dy].rows, w));
}
/// [batch, in, h, w] with a weight [in, out / groups, kh, kw]: what would give x's shape as a convolution's result.
constexpr int transposed_conv(graph& g, int x, int weight, shape output, window const& w) {
  if (!is_floating(g[x].type)) return add_refused(g, refusal::whole_numbers, g[x].type, output);
  return conv_data(g, x, weight, output, w);
}
constexpr int conv_weight(graph& g, int dy, int x, shape weight, window const& w) {
  return g.push(window_node(op::conv_weight, g[dy].type, dy, x, weight, 0, w));
}
/// The position (in its plane, as int32) of the first maximum of each window; NaN counts as largest. Windows without
/// a kernel need the result's shape.
constexpr int window_index(graph& g, int x, shape s, window const& w) {
  if (!is_floating(g[x].type)) return add_refused(g, refusal::whole_numbers, dtype::int32, s);
  return g.push(window_node(op::window_index, dtype::int32, x, -1, s, g[x].rows, w));
}
constexpr int window_take(graph& g, int x, int index, window const& w) {
  return g.push(window_node(op::window_take, g[x].type, x, index, g.extents(index), g[x].rows, w));
}
constexpr int window_put(graph& g, int d, int index, shape plane, window const& w) {
  return g.push(window_node(op::window_put, g[d].type, d, index, plane, g[d].rows, w));
}
constexpr int window_index(graph& g, int x, window const& w) {
  return window_index(g, x, windows_of(g.extents(x), w), w);
}
/// The sum of each window.
constexpr int window_sum(graph& g, int x, shape s, window const& w) {
  if (!is_floating(g[x].type)) return add_refused(g, refusal::whole_numbers, g[x].type, s);
  return g.push(window_node(op::window_sum, g[x].type, x, -1, s, g[x].rows, w));
}
constexpr int window_spread(graph& g, int d, shape plane, window const& w) {
  return g.push(window_node(op::window_spread, g[d].type, d, -1, plane, g[d].rows, w));
}

/// Axis i of the result is axis order[i] of x.
constexpr int permute(graph& g, int x, int const* order) {
  node const n = g[x];
  shape s = n.extents;
  bool identity = true;
  int packed = 0;
  for (int i = 0; i < s.rank; ++i) {
    s.extent[i] = n.extents[order[i]];
    identity = identity && order[i] == i;
    packed |= order[i] << (3 * i);
  }
  if (identity) return x;
  if (n.rows && order[0] != 0) return add_refused(g, refusal::batch_moved, n.type, s);
  return g.push({op::permute, n.type, {x, -1, -1}, s, n.rows, {packed}});
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
