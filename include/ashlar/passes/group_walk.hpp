// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/liveness.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Which groups of a graph depend on which.
class group_walk {
 protected:
  constexpr group_walk(graph const& g, bool states_apart)
      : g_(g), nodes_(g.nodes.items), count_(g.size()), states_apart_(states_apart), storage_(g.size(), 0) {
    for (int i = 0; i < count_; ++i) storage_.items[i] = is_view(nodes_[i].code) ? storage_.items[nodes_[i].in[0]] : i;
  }

  template <class F>
  constexpr void each_dependency(int m, F f) const {
    for (int i : r_.groups.items[m].members) each_producer(i, m, f);
    for (int a : r_.groups.items[m].after)
      if (int const before = root(a); before != m) f(before);
  }
  /// Fused kernels make inlined nodes again, even those that somebody else needs in memory.
  constexpr bool makes_again(int m, int operand) const {
    if (!is_inlined(nodes_[operand].code)) return false;
    group::kind_type const kind = r_.groups.items[m].kind;
    return kind == group::row || kind == group::column;
  }
  template <class F>
  constexpr void each_producer(int i, int m, F f) const {
    g_.each_operand(i, [&](int operand) {
      if (makes_again(m, operand)) return each_producer(operand, m, f);
      int const j = storage_.items[operand];
      int const producer = r_.of.items[nodes_[j].code == op::result ? nodes_[j].in[0] : j];
      if (producer < 0 && is_move(nodes_[j].code)) return each_producer(j, m, f);
      if (producer >= 0 && producer != m) f(producer);
    });
  }
  constexpr int root(int m) const {
    int const* const into = merged_into_.items;
    while (into[m] >= 0) m = into[m];
    return m;
  }
  /// A walk over groups, each after those that it depends on. It keeps its own stack: compilers nest at most 512 calls
  /// in a constant, and deep networks make deep chains of groups.
  struct depth_first {
    struct frame {
      int group = 0;
      int begin = 0, next = 0;  // its dependencies among `pending`, and which of them comes next
    };
    list<char> state;  // 0: not met, 1: open, 2: done
    list<frame> open;
    list<int> pending;

    constexpr explicit depth_first(int groups) : state(groups, 0) {}
  };
  /// done(group, its dependencies' first, last) for m and all that it needs, unless this walk met them before.
  template <class Done>
  constexpr void visit(int m, depth_first& walk, Done done) {
    if (walk.state.items[m]) return;
    enter(m, walk);
    while (!walk.open.empty()) {
      depth_first::frame& top = walk.open.back();
      if (top.next < walk.pending.size()) {
        int const d = walk.pending.items[top.next++];
        circle_ = circle_ || walk.state.items[d] == 1;
        if (walk.state.items[d] == 0) enter(d, walk);
        continue;
      }
      done(top.group, walk.pending.items + top.begin, walk.pending.items + top.next);
      walk.state.items[top.group] = 2;
      walk.pending.resize(top.begin, 0);
      walk.open.pop();
    }
  }
  constexpr void enter(int m, depth_first& walk) const {
    walk.state.items[m] = 1;
    int const begin = walk.pending.size();
    walk.open.push({m, begin, begin});
    each_dependency(m, [&](int d) { walk.pending.push(d); });
  }

  graph const& g_;
  node const* nodes_;
  int count_;
  bool states_apart_;
  list<int> storage_;  // of each node, the one whose memory it shows
  grouping r_;
  list<int> merged_into_;
  bool circle_ = false;  // groups depend on each other
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
