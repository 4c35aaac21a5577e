// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/build_moves.hpp>
#include <ashlar/graph/custom.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// a to the power of b. A factor of 0 must not meet an infinite one, here and in the gradient of this: so powers and
/// logarithms are taken of other numbers where the result is 0 whatever they are.
template <class Needs, class Pass>
constexpr void power_rule(graph& g, int i, int d, Needs needs, Pass pass) {
  int const a = g[i].in[0], b = g[i].in[1];
  int const zero = add_like(g, i, 0), one = add_like(g, i, 1);
  if (needs(a)) {
    int less = binary(g, op::sub, b, one);
    if (g[b].code != op::constant) less = select(g, binary(g, op::equal, b, zero), one, less);
    pass(0, binary(g, op::mul, binary(g, op::mul, d, b), power(g, a, less)));
  }
  if (needs(b)) {
    int const base = select(g, binary(g, op::greater, zero, b), a, one);
    int const logarithm = unary(g, op::log, select(g, binary(g, op::equal, a, zero), base, a));
    pass(1, binary(g, op::mul, binary(g, op::mul, d, i), logarithm));
  }
}

/// d where relu's result i is not 0. What pooling puts at the maxima of windows of i is looked at there, before it is
/// put: a window whose maximum is 0 has nothing else. The same numbers, of fewer elements.
constexpr int relu_gradient(graph& g, int i, int d) {
  node const put = g[d];
  if (put.code == op::window_put) {
    node const index = g[put.in[1]];
    window const w = put.window();
    if (index.code == op::window_index && index.in[0] == i) {
      int const maxima = window_take(g, i, put.in[1], w), zero = add_like(g, maxima, 0);
      return window_put(g, select(g, binary(g, op::equal, maxima, zero), zero, put.in[0]), put.in[1], put.extents, w);
    }
  }
  int const zero = add_like(g, i, 0);
  return select(g, binary(g, op::equal, i, zero), zero, d);
}

/// The gradient of every primitive, written in primitives. `i` is the node, `d` the gradient of its value;
/// `pass(k, v)` gives v to operand k. Conventions: relu'(0) = abs'(0) = sqrt'(0) = 0; ties of max, maximum and minimum
/// share evenly; comparisons, sign, floor-like and integer results have none. At NaN relu, and maximum and minimum to
/// both operands, pass the gradient on, as in PyTorch; abs makes it NaN.
template <class Needs, class Pass>
constexpr void gradient_rule(graph& g, int i, int d, Needs needs, Pass pass) {
  node const n = g[i];
  int const a = n.in[0], b = n.in[1];
  auto number = [&](double v) { return add_like(g, i, v); };
  auto mul = [&](int x, int y) { return binary(g, op::mul, x, y); };
  auto div = [&](int x, int y) { return binary(g, op::div, x, y); };
  auto sub = [&](int x, int y) { return binary(g, op::sub, x, y); };
  auto neg = [&](int x) { return unary(g, op::neg, x); };
  auto zero = [&] { return number(0); };
  auto shared = [&](int winner, int loser, bool larger) {  // the share of `winner` in maximum or minimum
    int const high = larger ? winner : loser, low = larger ? loser : winner;
    return select(g, binary(g, op::greater, low, high), zero(),
                  select(g, binary(g, op::equal, winner, loser), mul(d, number(0.5)), d));
  };
  switch (n.code) {
    case op::reshape: return pass(0, reshape(g, d, g.extents(a)));
    case op::alias: return pass(0, d);
    case op::broadcast: return pass(0, reduce(g, op::sum, d, stretched_axes(g.extents(a), n.extents)));
    case op::convert: return pass(0, convert(g, d, g[a].type));
    case op::neg: return pass(0, neg(d));
    case op::exp: return pass(0, mul(d, i));
    case op::expm1: return pass(0, mul(d, binary(g, op::add, i, number(1))));
    case op::log: return pass(0, div(d, a));
    case op::log1p: return pass(0, div(d, binary(g, op::add, a, number(1))));
    case op::tanh: return pass(0, mul(d, sub(number(1), mul(i, i))));
    case op::sigmoid: return pass(0, mul(d, mul(i, sub(number(1), i))));
    case op::sqrt: {
      int const is_zero = binary(g, op::equal, i, zero());  // a root of NaN, or of less than 0, has a gradient of NaN
      return pass(0, select(g, is_zero, zero(), div(mul(d, number(0.5)), select(g, is_zero, number(1), i))));
    }
    case op::rsqrt: return pass(0, mul(d, mul(number(-0.5), mul(i, mul(i, i)))));
    case op::sin: return pass(0, mul(d, unary(g, op::cos, a)));
    case op::cos: return pass(0, neg(mul(d, unary(g, op::sin, a))));
    case op::erf:  // 2 / sqrt(pi)
      return pass(0, mul(mul(d, number(1.1283791670955126)), unary(g, op::exp, neg(mul(a, a)))));
    case op::relu: return pass(0, relu_gradient(g, i, d));
    case op::abs: return pass(0, mul(d, unary(g, op::sign, a)));
    case op::add: return pass(0, d), pass(1, d);
    case op::sub: return pass(0, d), pass(1, neg(d));
    case op::mul:
      if (needs(a)) pass(0, mul(d, b));
      if (needs(b)) pass(1, mul(d, a));
      return;
    case op::div:
      if (needs(a)) pass(0, div(d, b));
      if (needs(b)) pass(1, neg(div(mul(d, i), b)));
      return;
    case op::pow: return power_rule(g, i, d, needs, pass);
    case op::maximum: return pass(0, shared(a, b, true)), pass(1, shared(b, a, true));
    case op::minimum: return pass(0, shared(a, b, false)), pass(1, shared(b, a, false));
    case op::select: return pass(1, select(g, a, d, zero())), pass(2, select(g, a, zero(), d));
    case op::sum: return pass(0, broadcast(g, d, g.extents(a), g[a].rows));
    case op::max: {
      shape const s = g.extents(a);
      int const rows = g[a].rows;
      int winners = binary(g, op::equal, a, broadcast(g, i, s, rows));
      int ones = add_like(g, a, 1), zeros = add_like(g, a, 0);
      int count = reduce(g, op::sum, select(g, winners, ones, zeros), n.a[0]);
      return pass(0, select(g, winners, broadcast(g, div(d, count), s, rows), zeros));
    }
    case op::matmul: {
      bool const ta = n.a[0], tb = n.a[1];
      if (panels_of(n) == panel_role::factor) {
        if (needs(a)) pass(0, product_of_panels(g, d, b, !tb));
        if (needs(b)) pass(1, product_in_panels(g, tb ? d : a, tb ? a : d));
        return;
      }
      if (panels_of(n) == panel_role::result) {
        if (needs(a)) pass(0, product_of_panels(g, b, d, true));
        if (needs(b)) pass(1, product_of_panels(g, a, d, false));
        return;
      }
      if (needs(a)) pass(0, ta ? matmul(g, b, d, tb, true) : matmul(g, d, b, false, !tb));
      if (needs(b)) pass(1, tb ? matmul(g, d, a, true, ta) : matmul(g, a, d, !ta, false));
      return;
    }
    case op::conv:
      if (needs(a)) pass(0, conv_data(g, d, b, g.extents(a), n.window()));
      if (needs(b)) pass(1, conv_weight(g, d, a, g.extents(b), n.window()));
      return;
    case op::conv_data:
      if (needs(a)) pass(0, conv_like(g, d, b, n.window(), g.extents(a)));
      if (needs(b)) pass(1, conv_weight(g, a, d, g.extents(b), n.window()));
      return;
    case op::conv_weight:
      if (needs(a)) pass(0, conv_like(g, b, d, n.window(), g.extents(a)));
      if (needs(b)) pass(1, conv_data(g, a, d, g.extents(b), n.window()));
      return;
    case op::window_take: return pass(0, window_put(g, d, b, g.extents(a), n.window()));
    case op::window_put: return pass(0, window_take(g, d, b, n.window()));
    case op::window_sum: return pass(0, window_spread(g, d, g.extents(a), n.window()));
    case op::window_spread: return pass(0, window_sum(g, d, g.extents(a), n.window()));
    case op::slice: return pass(0, pad(g, d, n.a[0], n.a[1], g.extents(a)[n.a[0]], n.a[2]));
    case op::pad: return pass(0, slice(g, d, n.a[0], n.a[1], g.extents(a)[n.a[0]], n.a[2]));
    case op::concat: {
      int begin = 0;
      for (int k = 0; k < 3 && n.in[k] >= 0; ++k) {
        int const count = g.extents(n.in[k])[n.a[0]];
        pass(k, slice(g, d, n.a[0], begin, count));
        begin += count;
      }
      return;
    }
    case op::cumsum: return pass(0, cumsum(g, d, n.a[0], !n.a[1]));
    case op::gather: return pass(0, scatter(g, d, b, g.extents(a), n.a[0]));
    case op::scatter: return pass(0, gather(g, d, b, n.a[0]));
    case op::custom: {
      int given[3]{-1, -1, -1};
      n.custom->gradient(g, i, d, given);
      for (int k = 0; k < 3; ++k)
        if (given[k] >= 0) pass(k, given[k]);
      return;
    }
    case op::permute: {
      int inverse[max_rank]{};
      for (int k = 0; k < n.extents.rank; ++k) inverse[n.a[0] >> (3 * k) & 7] = k;
      return pass(0, permute(g, d, inverse));
    }
    default: return;
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
