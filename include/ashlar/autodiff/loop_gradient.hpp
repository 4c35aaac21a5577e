// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/autodiff/made_again.hpp>
#include <ashlar/autodiff/sweep.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Works out the gradient of one loop as a loop the other way. The body's own reverse sweep is appended to the body,
/// then what belongs to it moves into a body of its own; forward values that it reads become stacked outputs of the
/// forward loop.
class loop_reversal {
 public:
  constexpr loop_reversal(graph& g, loop& forward) : g_(g), forward_(forward), body_(*forward.body) {}

  constexpr void run(adjoints& adj) {
    outputs_before_ = forward_.outputs.size();
    forward_nodes_ = body_.size();
    sweep_body(adj);
    mark();
    make_arguments(adj);
    move_nodes();
    make_results();
    g_.add(backward_);
    hand_back(adj);
  }

 private:
  constexpr bool floating(int k) const { return is_floating(body_[forward_.results[k]].type); }
  constexpr bool wanted(int q) const { return wanted_[q] && adjoint_[q] >= 0; }
  constexpr int last_invariant() const { return forward_.carries + forward_.invariants; }
  constexpr int zeros(graph& in, int like) const {
    node const& n = body_[like];
    return add_constant(in, 0, n.type, n.extents, n.rows);
  }

  constexpr void sweep_body(adjoints const& adj) {
    adjoints inner(body_);
    seeds_.resize(outputs_before_, -1);
    for (int q = 0; q < forward_.arguments.size(); ++q) {
      bool needs =
          (q < forward_.carries || adj.needed[forward_.operands[q]]) && is_floating(body_[forward_.arguments[q]].type);
      inner.needed[forward_.arguments[q]] = needs;
      wanted_.push(needs);
    }
    for (int k = 0; k < outputs_before_; ++k) {
      if (!floating(k) || !(k < forward_.carries || adj.of[forward_.outputs[k]] >= 0)) continue;
      node const r = body_[forward_.results[k]];
      seeds_[k] = add_leaf(body_, op::argument, r.type, r.extents, r.rows, body_.ordinal());
    }
    for (int k = 0; k < outputs_before_; ++k) {
      if (seeds_[k] < 0) continue;
      int& at = inner.of[forward_.results[k]];
      at = at < 0 ? seeds_[k] : binary(body_, op::add, at, seeds_[k]);
    }
    sweep(body_, inner);
    for (int q : forward_.arguments) adjoint_.push(inner.of[q] < 0 ? -1 : with_rows_of(body_, q, inner.of[q]));
  }

  /// Forward values come from outside the backward body, unless they cost less when they are made again.
  constexpr bool comes_from_forward(int j) const { return !again_[j] && is_of_forward(j); }
  constexpr bool is_of_forward(int j) const {
    op code = body_[j].code;
    int const made = code == op::result ? body_[j].in[0] : j;  // a loop inside may have saved more since
    return made < forward_nodes_ && !is_free(code) && code != op::scalar && code != op::reshape &&
           code != op::broadcast && code != op::alias && code != op::stop_gradient;
  }

  constexpr void mark() {
    marked_.resize(body_.size(), 0);
    again_.resize(body_.size(), 0);
    moved_.resize(body_.size(), -1);
    for (int q = 0; q < forward_.arguments.size(); ++q)
      if (wanted(q)) marked_[adjoint_[q]] = 1;
    mark_operands();
    again_ = made_again(forward_, body_, forward_nodes_, marked_, [&](int j) { return is_of_forward(j); }).take();
    mark_operands();
  }
  constexpr void mark_operands() {
    for (int i = body_.size() - 1; i >= 0; --i)
      if (marked_[i] && !comes_from_forward(i)) body_.each_operand(i, [&](int j) { marked_[j] = 1; });
  }

  constexpr int argument(int outer, int like) {
    graph& b = *backward_->body;
    node const n = body_[like];
    int id = add_leaf(b, op::argument, n.type, n.extents, n.rows, b.ordinal());
    backward_->arguments.push(id);
    backward_->operands.push(outer);
    return id;
  }

  constexpr void make_arguments(adjoints const& adj) {
    backward_ = new loop;
    backward_->body = new graph;
    backward_->body->parent = &g_;
    backward_->body->owner = backward_;
    backward_->body->depth = g_.depth + 1;
    backward_->body->paths = body_.paths;
    backward_->body->batch = body_.batch;
    backward_->body->training = body_.training;
    backward_->count = forward_.count;
    backward_->reversed = !forward_.reversed;
    backward_->region = forward_.region;
    for (int k = 0; k < forward_.carries; ++k) {
      if (seeds_[k] < 0) continue;
      int d = adj.of[forward_.outputs[k]];
      moved_[seeds_[k]] = argument(d >= 0 ? d : zeros(g_, forward_.results[k]), seeds_[k]);
    }
    for (int q = forward_.carries; q < last_invariant(); ++q)
      if (wanted(q)) sums_.push(argument(zeros(g_, forward_.arguments[q]), forward_.arguments[q]));
    backward_->carries = backward_->arguments.size();
    for (int q = forward_.carries; q < last_invariant(); ++q)
      if (marked_[forward_.arguments[q]])
        moved_[forward_.arguments[q]] = argument(forward_.operands[q], forward_.arguments[q]);
    backward_->invariants = backward_->arguments.size() - backward_->carries;
    for (int q = last_invariant(); q < forward_.arguments.size(); ++q)
      if (marked_[forward_.arguments[q]])
        moved_[forward_.arguments[q]] = argument(forward_.operands[q], forward_.arguments[q]);
    for (int k = forward_.carries; k < outputs_before_; ++k)
      if (seeds_[k] >= 0 && marked_[seeds_[k]]) moved_[seeds_[k]] = argument(adj.of[forward_.outputs[k]], seeds_[k]);
    for (int i = 0; i < marked_.size(); ++i)
      if (marked_[i] && comes_from_forward(i) && moved_[i] < 0) moved_[i] = argument(saved(i), i);
  }

  /// The stack of forward value i, one slice for each iteration.
  constexpr int saved(int i) {
    for (int k = forward_.carries; k < forward_.results.size(); ++k)
      if (forward_.results[k] == i) return forward_.outputs[k];
    forward_.results.push(i);
    return g_.add_output(forward_, forward_.results.size() - 1);
  }

  constexpr void move_nodes() {
    graph& b = *backward_->body;
    for (int i = 0; i < body_.size(); ++i) {
      if (i >= marked_.size() || !marked_[i] || moved_[i] >= 0) continue;
      node x = body_[i];
      if (x.code == op::result) continue;  // its loop moves it
      for (int& j : x.in)
        if (j >= 0) j = moved_[j];
      if (x.code != op::loop) {
        moved_[i] = b.intern(x);
        continue;
      }
      loop* inner = body_.loops[x.a[0]];
      body_.loops[x.a[0]] = nullptr;
      list<int> old_outputs = inner->outputs;
      inner->outputs.clear();
      inner->body->parent = &b;
      for (int& j : inner->operands) j = moved_[j];
      b.scope = x.path;
      b.add(inner);
      b.scope = 0;
      moved_[i] = inner->node;
      for (int k = 0; k < old_outputs.size(); ++k) moved_[old_outputs[k]] = inner->outputs[k];
    }
  }

  constexpr void make_results() {
    graph& b = *backward_->body;
    for (int k = 0; k < forward_.carries; ++k) {
      if (seeds_[k] < 0) continue;
      backward_->results.push(wanted(k) ? moved_[adjoint_[k]] : zeros(b, forward_.arguments[k]));
    }
    int sum = 0;
    for (int q = forward_.carries; q < last_invariant(); ++q)
      if (wanted(q)) backward_->results.push(binary(b, op::add, sums_[sum++], moved_[adjoint_[q]]));
    for (int q = last_invariant(); q < forward_.arguments.size(); ++q)
      if (wanted(q)) backward_->results.push(moved_[adjoint_[q]]);
  }

  constexpr void hand_back(adjoints& adj) {
    int k = 0;
    for (int q = 0; q < forward_.carries; ++q)
      if (seeds_[q] >= 0) accumulate(g_, adj, forward_.operands[q], backward_->outputs[k++]);
    for (int q = forward_.carries; q < forward_.arguments.size(); ++q)
      if (wanted(q)) accumulate(g_, adj, forward_.operands[q], backward_->outputs[k++]);
  }

  graph& g_;
  loop& forward_;
  graph& body_;
  loop* backward_ = nullptr;
  int outputs_before_ = 0;
  int forward_nodes_ = 0;
  list<int> seeds_, adjoint_, moved_, sums_;
  list<char> wanted_, marked_, again_;
};

constexpr void loop_gradient(graph& g, int id, adjoints& adj) {
  if (!g.loops[g[id].a[0]]) return;  // moved into another body by an earlier sweep
  loop& l = g.loop_of(id);
  bool any = false;
  for (int o : l.outputs)
    if (o < adj.of.size()) any = any || adj.of[o] >= 0;
  if (any) loop_reversal(g, l).run(adj);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
