// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/liveness.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Puts nodes into groups. First every node joins the group of its consumers where that is one group and their spaces
/// agree; then groups that share an operand or feed each other merge where no cycle arises, so that a group may have
/// several outputs.
class fusion {
 public:
  constexpr fusion(graph const& g, list<int> const& outputs, pass_options options)
      : g_(g), nodes_(g.nodes.items), count_(g.size()), options_(options), sole_(g.size(), unused) {
    r_.live = live_nodes(g, outputs);
    variant_ = variants_of(g, r_.live, outputs);
    r_.of = list<int>(count_, -1);
    storage_ = list<int>(count_, 0);
    for (int i = 0; i < count_; ++i) storage_.items[i] = is_view(nodes_[i].code) ? storage_.items[nodes_[i].in[0]] : i;
    r_.materialised = list<char>(count_, 0);
    for (int o : outputs)
      if (o >= 0) need_in_memory(o);
  }

  constexpr grouping run() {
    for (int i = count_ - 1; i >= 0; --i)
      if (r_.live.items[i]) place_node(i);
    for (group& m : r_.groups) {  // members were met from last to first
      for (int p = 0, q = m.members.size() - 1; p < q; ++p, --q) {
        int t = m.members[p];
        m.members[p] = m.members[q];
        m.members[q] = t;
      }
    }
    order_assignments();
    if (options_.fuse) merge_neighbours();
    schedule();
    return static_cast<grouping&&>(r_);
  }

 private:
  static constexpr int unused = -1, many = -2;

  constexpr void need_in_memory(int id) {
    id = storage_.items[id];
    sole_.items[id] = many;
    if (is_inlined(nodes_[id].code)) r_.materialised.items[id] = 1;
  }
  constexpr void used_by(int id, int group_id) {
    if (is_view(nodes_[id].code)) return need_in_memory(id);
    sole_.items[id] = sole_.items[id] == unused || sole_.items[id] == group_id ? group_id : many;
  }

  constexpr int open(group::kind_type kind, int id, shape space, int axes) {
    group made;
    made.kind = kind;
    made.space = space;
    made.axes = axes;
    made.variant = variant_.items[id];
    made.wide = is_wide(g_, id);
    made.rows = nodes_[is_reduction(nodes_[id].code) ? nodes_[id].in[0] : id].rows;
    r_.groups.push(made);
    add(r_.groups.size() - 1, id);
    return r_.groups.size() - 1;
  }
  constexpr int operand_count(int id) const {
    int n = 0;
    for (int j : nodes_[id].in) n += j >= 0;
    return n;
  }
  constexpr void add(int group_id, int id) {
    group& m = r_.groups.items[group_id];
    m.operands += operand_count(id) - (m.members.empty() ? -1 : 0);
    m.members.push(id);
    r_.of.items[id] = group_id;
  }

  constexpr bool over_rows(int id) const { return nodes_[nodes_[id].in[0]].rows && (nodes_[id].a[0] & 1); }
  constexpr bool is_row_reduction(int id) const {
    return is_reduction(nodes_[id].code) && !over_rows(id) &&
           are_trailing(nodes_[nodes_[id].in[0]].extents, nodes_[id].a[0]);
  }

  /// Whether concat `id` is joined by the concat that alone reads it.
  constexpr bool joins_concat(int id, group const& m) const {
    node const& outer = nodes_[m.members[0]];
    return options_.fuse && outer.code == op::concat && outer.a[0] == nodes_[id].a[0] &&
           m.operands + operand_count(id) <= max_group_operands - 2;
  }
  /// Whether node id can be computed inside the group of all its consumers; may widen the group's space.
  constexpr bool joins(int id, group& m) {
    node const& n = nodes_[id];
    if (n.code == op::concat) return joins_concat(id, m);
    if (!options_.fuse || n.code == op::assign || (m.kind != group::row && m.kind != group::column)) return false;
    if (m.members.size() >= max_group_nodes || m.operands + operand_count(id) > max_group_operands - 2) return false;
    if (is_wide(g_, id) != m.wide || n.rows != m.rows) return false;
    if (is_pointwise(n.code))
      return n.extents == m.space || (m.kind == group::row && m.axes && n.extents == without(m.space, m.axes));
    if (!is_row_reduction(id) || m.kind != group::row) return false;
    shape const& inside = nodes_[n.in[0]].extents;
    if (inside == m.space && (m.axes == 0 || m.axes == n.a[0])) {
      m.axes = n.a[0];
      return true;
    }
    if (m.axes || !(n.extents == m.space)) return false;
    for (int j : m.members)
      if (nodes_[j].code == op::assign) return false;
    m.space = inside;
    m.axes = n.a[0];
    return true;
  }

  constexpr void place_node(int i) {
    node const& n = nodes_[i];
    if (is_leaf(n.code) || n.code == op::result) return use_operands(i, many);
    if (is_view(n.code)) return use_operands(i, many);
    if (is_inlined(n.code)) {
      if (r_.materialised.items[i]) {
        int m = open(group::row, i, n.extents, 0);
        use_operands(i, m);
      } else {
        use_operands(i, sole_.items[i]);
      }
      return;
    }
    int m = sole_.items[i];
    if (m >= 0 && joins(i, r_.groups.items[m]))
      add(m, i);
    else if (is_pointwise(n.code))
      m = open(group::row, i, n.extents, 0);
    else if (is_row_reduction(i))
      m = open(group::row, i, nodes_[n.in[0]].extents, n.a[0]);
    else if (is_reduction(n.code))
      m = open(group::column, i, nodes_[n.in[0]].extents, n.a[0]);
    else if (n.code == op::exchange)
      m = open(group::nothing, i, n.extents, 0);
    else
      m = open(n.code == op::loop ? group::looped : group::single, i, n.extents, 0);
    if (n.code == op::concat) return use_parts(i, m);
    bool fusable = is_pointwise(n.code) || is_reduction(n.code);
    use_operands(i, fusable ? m : many);
  }
  /// What concat i joins is in memory, but for a concat that nobody else reads.
  constexpr void use_parts(int i, int group_id) {
    g_.each_operand(i, [&](int j) {
      if (nodes_[j].code != op::concat || sole_.items[j] != unused) return need_in_memory(j);
      sole_.items[j] = group_id;
    });
  }
  constexpr void use_operands(int i, int group_id) {
    g_.each_operand(i, [&](int j) {
      if (group_id != many)
        used_by(j, group_id);
      else if (is_inlined(nodes_[i].code) && !is_view(nodes_[j].code))
        sole_.items[j] = many;  // each user makes i again
      else
        need_in_memory(j);
    });
  }

  /// Readers of what an assignment overwrites come before it.
  constexpr void order_assignments() {
    writer_of_ = list<int>(count_, -1);
    bool any = false;
    for (int a = 0; a < count_; ++a) {
      if (nodes_[a].code != op::assign || !r_.live.items[a]) continue;
      int const target = nodes_[a].in[1];
      if (nodes_[target].code == op::range && nodes_[target].a[0] == 0) parameter_writers_.push(a);
      more_writers_.push(writer_of_.items[target]);
      writers_.push(a);
      writer_of_.items[target] = writers_.size() - 1;
      any = true;
    }
    if (!any) return;
    for (int i = 0; i < count_; ++i)
      if (r_.of.items[i] >= 0) order_reads(i, i);
  }
  /// What node `reader` reads, itself or through views and nodes that it makes again, comes before it is overwritten.
  constexpr void order_reads(int reader, int through) {
    g_.each_operand(through, [&](int j) {
      int const leaf = storage_.items[j];
      op const code = nodes_[leaf].code;
      if (code == op::state || code == op::parameter || code == op::range) {
        for (int k = writer_of_.items[leaf]; k >= 0; k = more_writers_[k]) order_read(reader, writers_[k]);
        if (code == op::parameter)
          for (int a : parameter_writers_) order_read(reader, a);
      } else if (is_inlined(code) && r_.of.items[leaf] < 0) {
        order_reads(reader, leaf);
      }
    });
  }
  constexpr void order_read(int reader, int assignment) {
    if (reader != assignment) order(r_.of.items[reader], assignment);
  }
  constexpr void order(int reader, int assignment) {
    group& writer = r_.groups.items[r_.of.items[assignment]];
    bool const same_update =
        r_.groups.items[reader].variant == variant_.items[assignment] || !r_.groups.items[reader].variant;
    if (reader != r_.of.items[assignment] && same_update && writer.after.find(reader) < 0) writer.after.push(reader);
  }

  // ---- merging

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
  constexpr void visit(int m, depth_first& walk, Done done) const {
    if (walk.state.items[m]) return;
    enter(m, walk);
    while (!walk.open.empty()) {
      depth_first::frame& top = walk.open.back();
      if (top.next < walk.pending.size()) {
        int const d = walk.pending.items[top.next++];
        if (walk.state.items[d] == 1) refuse("internal: groups of a plan depend on each other in a circle");
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

  // which groups each group needs, directly or not, as rows of bits; itself among them
  constexpr bool needs(int from, int target) const {
    return needs_.items[from * words_ + target / 64] >> (target % 64) & 1;
  }
  constexpr void need_all_of(int from, int other) {
    unsigned long long* const to = needs_.items + from * words_;
    unsigned long long const* const more = needs_.items + other * words_;
    for (int w = 0; w < words_; w += 2) to[w] |= more[w], to[w + 1] |= more[w + 1];
  }
  constexpr void find_needs() {
    words_ = 2 * ((r_.groups.size() + 127) / 128);
    needs_ = list<unsigned long long>(r_.groups.size() * words_, 0);
    int const groups = r_.groups.size();
    depth_first walk(groups);
    for (int m = 0; m < groups; ++m) needs_.items[m * words_ + m / 64] |= 1ull << (m % 64);
    for (int m = 0; m < groups; ++m)
      visit(m, walk, [&](int done, int const* first, int const* last) {
        for (; first != last; ++first)
          if (!needs(done, *first)) need_all_of(done, *first);
      });
  }
  /// Whether group `from` needs group `target` through at least one other group.
  constexpr bool reaches_indirectly(int from, int target) const {
    if (!needs(from, target)) return false;
    bool found = false;
    each_dependency(from, [&](int d) { found = found || (d != target && needs(d, target)); });
    return found;
  }
  /// Whether group `from` reads what group `target` has only when it is done: sums of a column, or anything as a view.
  constexpr bool needs_whole(int from, int target) const {
    bool found = false;
    for (int i : r_.groups.items[from].members) each_read(i, from, target, found);
    return found;
  }
  constexpr void each_read(int i, int from, int target, bool& found) const {
    g_.each_operand(i, [&](int operand) {
      if (makes_again(from, operand)) return each_read(operand, from, target, found);
      int const j = storage_.items[operand];
      if (r_.of.items[j] == target) found = found || j != operand || r_.groups.items[target].kind == group::column;
    });
  }
  constexpr bool mergeable(group const& a, group const& b) const {
    if (a.kind != b.kind || a.wide != b.wide || a.variant != b.variant || a.rows != b.rows || !(a.space == b.space))
      return false;
    if (a.kind == group::column ? a.axes != b.axes : (a.kind != group::row || (a.axes && b.axes && a.axes != b.axes)))
      return false;
    if (a.members.size() + b.members.size() > max_group_nodes || a.operands + b.operands > max_group_operands)
      return false;
    for (group const* m : {&a, &b})
      for (int i : m->members)
        if (nodes_[i].code == op::assign && !(nodes_[i].extents == a.space)) return false;
    return true;
  }
  constexpr void try_merge(int a, int b) {
    if (a == b || !mergeable(r_.groups.items[a], r_.groups.items[b])) return;
    if (needs_whole(a, b) || needs_whole(b, a)) return;
    if (reaches_indirectly(a, b) || reaches_indirectly(b, a)) return;
    group& into = r_.groups.items[a];
    group& from = r_.groups.items[b];
    list<int> both;
    int p = 0, q = 0;
    while (p < into.members.size() || q < from.members.size()) {
      bool first = q == from.members.size() || (p < into.members.size() && into.members[p] < from.members[q]);
      both.push(first ? into.members[p++] : from.members[q++]);
    }
    into.members.swap(both);
    into.axes |= from.axes;
    into.operands += from.operands;
    for (int d : from.after) into.after.push(d);
    for (int i : from.members) r_.of.items[i] = a;
    from.members.clear();
    merged_into_[b] = a;
    need_all_of(a, b);
    unsigned long long* row = needs_.items;
    unsigned long long const* const more = row + a * words_;
    // Who needs neither, or all that both need already, stays; the rows of groups that were merged are not read again.
    for (int m = 0, groups = r_.groups.size(); m < groups; ++m, row += words_)
      if ((row[a / 64] >> (a % 64) & 1) != (row[b / 64] >> (b % 64) & 1))
        for (int w = 0; w < words_; w += 2) row[w] |= more[w], row[w + 1] |= more[w + 1];
  }
  constexpr void merge_neighbours() {
    merged_into_ = list<int>(r_.groups.size(), -1);
    find_needs();
    list<int> last_user(2 * count_, -1);  // that sums columns, and that does not: the two never merge
    for (int i = 0; i < count_; ++i) {
      if (r_.of.items[i] < 0) continue;
      int const column = r_.groups.items[r_.of.items[i]].kind == group::column;
      for (int pass = 0; pass < 2; ++pass)
        g_.each_operand(i, [&](int j) {
          while (nodes_[j].code == op::broadcast && r_.of.items[j] < 0) j = nodes_[j].in[0];
          j = storage_.items[j];
          if (is_free(nodes_[j].code) || nodes_[j].extents.size() <= 1) return;
          if (pass == 0 && r_.of.items[j] >= 0) try_merge(r_.of.items[j], r_.of.items[i]);
          int& last = last_user.items[2 * j + column];
          if (pass == 1 && last >= 0) try_merge(r_.of.items[last], r_.of.items[i]);
          if (pass == 1) last = i;
        });
    }
  }

  // ---- order

  constexpr void schedule() {
    if (merged_into_.empty()) merged_into_ = list<int>(r_.groups.size(), -1);
    depth_first walk(r_.groups.size());
    auto take = [&](int m, int const*, int const*) { r_.order.push(m); };
    // what every variant of the update runs first: nothing is overwritten for good before the loss is known
    list<char> turn(count_, -1);
    for (int i = 0; i < count_; ++i)
      if (int const m = r_.of.items[i]; m >= 0)
        turn.items[i] = static_cast<char>(2 * (r_.groups.items[m].variant != 0) + (nodes_[i].code == op::assign));
    for (char now = 0; now < 4; ++now)
      for (int i = 0; i < count_; ++i)
        if (turn.items[i] == now) visit(r_.of.items[i], walk, take);
  }

  graph const& g_;
  node const* nodes_;
  int count_;
  list<int> storage_;  // of each node, the one whose memory it shows
  pass_options options_;
  grouping r_;
  list<int> sole_;  // the group that holds all users of a node: unused, many, or its number
  list<int> merged_into_;
  list<int> variant_;
  list<int> writers_, more_writers_;  // assignments, and for each another one of the same target
  list<int> writer_of_;               // for each node its assignment, as a place in `writers_`
  list<int> parameter_writers_;       // assignments of all trained parameters at once
  list<unsigned long long> needs_;
  int words_ = 0;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
