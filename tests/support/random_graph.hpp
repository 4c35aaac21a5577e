// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <random>

#include <ashlar/expr/value.hpp>

#include "support/append_gradients.hpp"

namespace proof {

/// Grows a graph by operations drawn at random: what nobody would think of combining. Operations that the library
/// refuses (they would lose track of the batch) are skipped.
class random_graph {
 public:
  random_graph(recording& r, unsigned number) : r_(r), g_(r.g), bits_(number) {}

  void run() {
    g_.batch = batch;
    for (int k = 0; k < 3; ++k) pool_.push_back(input({batch, pick(5), pick(5)}, 1));
    pool_.push_back(input({batch, 2, 5, 4}, 1));
    pool_.push_back(input({batch, 3}, 1));
    for (int k = 0; k < 3; ++k) pool_.push_back(input({pick(5), pick(5)}, 0));
    for (int k = 0; k < 2; ++k) pool_.push_back(input({pick(5)}, 0));
    parameter({3, 2});
    parameter({4});
    parameter({2, 2, 3, 3});
    state({3});
    for (int k = 0; k < 2; ++k) state({2, 3});
    state({3, 4});
    std::size_t const leaves = pool_.size();
    for (int n = 0; n < 25; ++n) grow();
    for (std::size_t k = 0; k < 3; ++k) r_.outputs.push(pool_[pool_.size() - 1 - k]);
    for (int k = pick(3); k > 1; --k) r_.outputs.push(any());  // as named outputs are
    if (odd()) r_.outputs.push(pool_[below(leaves)]);
    if (odd()) r_.outputs.push(r_.outputs[0]);
    differentiate();
    if (below(3)) update();
    try {
      int const state = g_.states[0].node;
      int const all = reduce(g_, op::sum, pool_.back(), 63 >> (6 - g_.extents(pool_.back()).rank));
      int const next = binary(g_, op::mul, state, broadcast(g_, reshape(g_, all, {1, {1}}), g_.extents(state), 0));
      r_.outputs.push(assign(g_, unary(g_, op::tanh, next), state));
    } catch (error const&) {
    }
    update_from_each_other(g_.states[1].node, g_.states[2].node, odd() ? 1 : 30);
    move_on(g_.states[3].node);
  }
  /// In how many variants the parameters are updated; 0: they are not.
  int variants() const { return variants_; }

 private:
  static constexpr int batch = 4;

  unsigned below(std::size_t n) { return static_cast<unsigned>(bits_() % n); }
  int pick(int most) { return static_cast<int>(1 + below(static_cast<std::size_t>(most))); }
  bool odd() { return bits_() & 1; }
  int any() { return pool_[pool_.size() - 1 - below(std::min<std::size_t>(pool_.size(), odd() ? 6 : 40))]; }

  int input(std::vector<int> extents, int rows) {
    return add_leaf(g_, op::input, dtype::float64, made(extents), rows, inputs_++);
  }
  static shape made(std::vector<int> const& extents) {
    shape s;
    for (int x : extents) s.extent[s.rank++] = x;
    return s;
  }
  void variable(op code, list<variable_entry>& to, std::vector<int> const& extents) {
    variable_entry e;
    e.field = "weight";
    e.type = dtype::float64;
    e.extents = made(extents);
    e.path = g_.paths.child(0, path_entry::index, to.size());
    e.node = add_leaf(g_, code, dtype::float64, e.extents, 0, g_.ordinal());
    to.push(e);
    pool_.push_back(e.node);
  }
  /// Both become functions of both; of `length` nodes, two of which fit in one kernel or do not.
  void update_from_each_other(int a, int b, int length) {
    auto chain = [&](int x) {
      for (int k = 0; k < length; ++k) x = unary(g_, op::tanh, x);
      return x;
    };
    int const next_a = binary(g_, op::add, a, chain(b)), next_b = binary(g_, op::mul, b, chain(a));
    r_.outputs.push(assign(g_, next_a, a));
    r_.outputs.push(assign(g_, next_b, b));
  }
  /// A state whose new value is made of parts of the old one: a queue that moves on, or the other way round.
  void move_on(int queue) {
    int const next = g_.extents(queue)[0] - 1;
    bool const up = odd();
    int const kept = slice(g_, queue, 0, up ? 1 : 0, next), end = slice(g_, queue, 0, up ? 0 : next, 1);
    int const entry = odd() ? unary(g_, op::neg, end) : end;
    r_.outputs.push(assign(g_, up ? concat(g_, 0, kept, entry) : concat(g_, 0, entry, kept), queue));
  }

  int range(int slot, int variant) {
    return g_.push({op::range, dtype::float64, {-1, -1, -1}, region(), 0, {slot, variant}});
  }
  int scalar(int index, int variant) {
    int const one = g_.push({op::scalar, dtype::float64, {-1, -1, -1}, {}, 0, {index, variant}});
    return broadcast(g_, reshape(g_, one, {1, {1}}), region(), 0);
  }
  shape region() const { return {1, {static_cast<int>(trained_bytes(g_.parameters) / bytes_of(dtype::float64))}}; }
  /// The sum of a value's elements, as often as there are elements of all parameters.
  int summed(int x) {
    int const all = reduce(g_, op::sum, convert(g_, x, dtype::float64), (1 << g_.extents(x).rank) - 1);
    return broadcast(g_, reshape(g_, all, {1, {1}}), region(), 0);
  }
  /// One to three variants of an update of all parameters and two slots. What they read beside gradients and ranges,
  /// such as sums of anything, no optimizer can.
  void update() {
    int const y = pool_.back();
    adjoints adj(g_);
    for (variable_entry const& p : g_.parameters) adj.needed[p.node] = 1;
    adj.of[y] = add_like(g_, y, 1);
    if (is_floating(g_[y].type)) sweep(g_, adj);
    for (variable_entry const& p : g_.parameters) {
      int const d = adj.of[p.node];
      g_.exchanged.push(d < 0 || odd() ? d : reshape(g_, d, p.extents));
    }
    int const gradients = g_.push({op::exchange, dtype::float64, {-1, -1, -1}, region(), 0, {}});
    variants_ = pick(3);
    for (int v = 1; v <= variants_; ++v) {
      int const old = range(0, v), slot = range(1, v);
      int step = binary(g_, op::mul, below(4) ? gradients : unary(g_, op::tanh, slot), scalar(1, v));
      if (odd()) step = binary(g_, op::add, step, unary(g_, op::tanh, summed(any())));
      if (odd()) step = binary(g_, op::sub, step, binary(g_, op::mul, summed(gradients), old));
      int const next = binary(g_, op::add, binary(g_, op::mul, slot, scalar(2, v)), step);
      if (odd()) write(binary(g_, op::sub, old, next), old, v);
      if (odd()) write(next, slot, v);
      if (odd()) write(binary(g_, op::maximum, range(2, v), unary(g_, op::abs, odd() ? old : next)), range(2, v), v);
    }
  }
  void write(int next, int target, int variant) {
    r_.outputs.push(g_.push({op::assign, dtype::float64, {next, target, -1}, region(), 0, {variant}}));
  }
  void parameter(std::vector<int> const& extents) { variable(op::parameter, g_.parameters, extents); }
  void state(std::vector<int> const& extents) { variable(op::state, g_.states, extents); }

  void grow() {
    try {
      int made = grown();
      if (below(3) == 0) made = unary(g_, op::tanh, made);  // keeps numbers small
      pool_.push_back(made);
    } catch (error const&) {
    }
  }
  int grown() {
    int const x = any();
    node const n = g_[x];
    switch (below(17)) {
      case 0: {
        op const codes[] = {op::neg, op::tanh, op::sigmoid, op::relu, op::abs};
        return unary(g_, codes[below(5)], x);
      }
      case 1: return unary(g_, op::exp, unary(g_, op::tanh, x));
      case 2:
      case 3: {
        op const codes[] = {op::add, op::sub, op::mul, op::maximum, op::minimum};
        return both(codes[below(5)], x, any());
      }
      case 4: {
        int const y = both(op::add, x, any());
        int const fitted = broadcast(g_, x, g_.extents(y), g_[y].rows);
        return select(g_, binary(g_, op::greater, y, fitted), y, unary(g_, op::neg, fitted));
      }
      case 5:
      case 6: return reduce(g_, below(3) ? op::sum : op::max, x, static_cast<int>(below(1u << n.extents.rank)));
      case 7: {
        int const r = n.extents.rank;
        if (r != 2) return reshape(g_, x, {2, {n.extents[0], static_cast<int>(n.extents.size() / n.extents[0])}});
        int const weight = input({n.extents[1], pick(4)}, 0);
        return odd() ? matmul(g_, x, weight) : matmul(g_, input({pick(3), n.extents[0]}, 0), x);
      }
      case 8: {
        if (n.extents.rank < 2) return reshape(g_, x, {2, {n.extents.rank ? n.extents[0] : 1, 1}});
        shape s{n.extents.rank - 1};  // the first two axes become one
        for (int i = 0; i < s.rank; ++i) s.extent[i] = i ? n.extents[i + 1] : n.extents[0] * n.extents[1];
        return reshape(g_, x, s);
      }
      case 9: {
        int order[max_rank];
        for (int i = 0; i < n.extents.rank; ++i) order[i] = n.rows && i ? n.extents.rank - i : i;
        if (!n.rows) std::swap(order[0], order[n.extents.rank ? n.extents.rank - 1 : 0]);
        return permute(g_, x, order);
      }
      case 10: return images(x);
      case 11: {
        int const random = add_random(g_, n.type, n.extents, n.rows, bits_());
        return odd() ? binary(g_, op::mul, random, x) : random;
      }
      case 12: {
        if (n.extents.rank == 0) return x;
        int const axis = static_cast<int>(below(static_cast<std::size_t>(n.extents.rank)));
        int const ramp = add_iota(g_, n.type, n.extents.rank, axis, n.extents[axis]);
        int const third = binary(g_, op::mul, ramp, add_constant(g_, 0.25, n.type, g_.extents(ramp)));
        return odd() ? both(op::add, third, x) : third;
      }
      case 13:
      case 14: return attended(x);
      case 15: {
        int const r = n.extents.rank;
        if (r == 0) return x;
        int const axis = static_cast<int>(below(static_cast<std::size_t>(r))), step = pick(2);
        int const begin = pick(n.extents[axis]) - 1, most = (n.extents[axis] - begin + step - 1) / step;
        if (n.rows && axis == 0) refuse("samples of the batch");
        return slice(g_, x, axis, begin, pick(most), step);
      }
      default: return looped(x);
    }
  }
  /// Products of parts of one value, as attention makes them.
  int attended(int x) {
    node const n = g_[x];
    int const r = n.extents.rank, last = r - 1;
    if (r < 2 || n.extents[last] < 2) return r ? permute_middle(x) : x;
    int const width = n.extents[last] / 2;
    int left = slice(g_, x, last, 0, width), right = slice(g_, x, last, n.extents[last] - width, width);
    if (odd()) left = permute_middle(left), right = permute_middle(right);
    if (r == 2) return n.rows ? matmul(g_, left, right, true) : matmul(g_, left, right, false, true);
    int const scores = matmul(g_, left, right, false, true);
    return odd() ? scores : permute_middle(odd() ? scores : matmul(g_, scores, right));
  }
  /// The second axis, made two where it is even, behind the third.
  int permute_middle(int x) {
    node const n = g_[x];
    shape const s = n.extents;
    if (s.rank == 3 && s[2] % 2 == 0) {
      int const order[] = {0, 2, 1, 3};
      return permute(g_, reshape(g_, x, {4, {s[0], s[1], 2, s[2] / 2}}), order);
    }
    if (s.rank != 4) return x;
    int const order[] = {0, 2, 1, 3};
    int const y = permute(g_, x, order);
    return odd() ? y : reshape(g_, y, {3, {s[0], s[2], s[1] * s[3]}});
  }
  int both(op code, int x, int y) {
    shape const a = g_.extents(x), b = g_.extents(y);
    shape const s = broadcast_shape(a, b);
    if (s.rank < 0) refuse("no common shape");
    int rows = 0;
    for (int j : {x, y})
      if (g_[j].rows && g_.extents(j).rank == s.rank && g_.extents(j)[0] == s[0]) rows = g_[j].rows;
    // Of a value with a number for every sample that is not of the batch, such as a parameter, nobody can say what its
    // gradient is where samples are not valid.
    for (int j : {x, y})
      if (rows && !g_[j].rows && g_.extents(j).rank == s.rank && g_.extents(j)[0] == s[0]) refuse("not of the batch");
    return binary(g_, code, broadcast(g_, x, s, rows), broadcast(g_, y, s, rows));
  }
  int images(int x) {
    shape const s = g_.extents(x);
    if (s.rank != 4) return unary(g_, op::sigmoid, x);
    window w{{pick(3), pick(3)}, {pick(2), pick(2)}, {0, 0}};
    w.padding[0] = w.kernel[0] / 2;
    for (int axis : {0, 1})
      if (s[2 + axis] + 2 * w.padding[axis] < w.kernel[axis]) refuse("the window is larger than the image");
    if (odd()) return window_take(g_, x, window_index(g_, x, w), w);
    return conv(g_, x, input({pick(3), s[1], w.kernel[0], w.kernel[1]}, 0), w);
  }

  /// x through a few iterations: x' = tanh(x * invariant + slice), a random mask, a stacked result.
  int looped(int x) {
    int const count = pick(3);
    shape stacked = g_.extents(x);
    if (stacked.rank == max_rank || g_[x].type != dtype::float64) refuse("too many axes");
    for (int i = stacked.rank++; i > 0; --i) stacked.extent[i] = stacked.extent[i - 1];
    stacked.extent[0] = count;
    loop* l = new loop;
    graph& b = *(l->body = new graph);
    b.parent = &g_;
    b.owner = l;
    b.depth = g_.depth + 1;
    b.batch = batch;
    l->count = count;
    l->reversed = odd();
    l->carries = l->invariants = 1;
    l->region = g_.region_number();
    auto hand_in = [&](int outer, int rows) {
      l->operands.push(outer);
      l->arguments.push(add_leaf(b, op::argument, dtype::float64, g_.extents(x), rows, b.ordinal()));
      return l->arguments.back();
    };
    int const carry = hand_in(x, g_[x].rows);
    int const invariant = hand_in(unary(g_, op::sigmoid, x), g_[x].rows);
    int const slice = hand_in(add_leaf(g_, op::input, dtype::float64, stacked, 0, inputs_++), 0);
    int const product = binary(b, op::mul, carry, invariant);
    int next = unary(b, op::tanh, binary(b, op::add, product, slice));
    if (odd()) next = binary(b, op::mul, next, add_random(b, dtype::float64, b.extents(next), b[next].rows, bits_()));
    l->results.push(next);
    bool const stacks = odd();
    if (stacks) l->results.push(product);
    g_.add(l);
    return l->outputs[stacks && !g_[x].rows && odd() ? 1 : 0];
  }

  void differentiate() {
    int const y = pool_.back();
    if (!is_floating(g_[y].type)) return;
    list<int> variables;
    variables.push(pool_[below(3)]);
    for (variable_entry const& p : g_.parameters) variables.push(p.node);
    list<int> const outputs = r_.outputs;
    try {
      append_gradients(r_, y, variables, inputs_);
    } catch (error const&) {
      r_.outputs = outputs;
    }
  }

  recording& r_;
  graph& g_;
  std::mt19937 bits_;
  std::vector<int> pool_;
  int inputs_ = 0, variants_ = 0;
};

}  // namespace proof
