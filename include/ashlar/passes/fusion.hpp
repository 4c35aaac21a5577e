// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/group_pooling.hpp>
#include <ashlar/passes/rearranged.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Puts nodes into groups. First every node joins the group of its consumers where that is one group and their spaces
/// agree, or several groups where it costs no more than what these would read instead; then groups that share an
/// operand or feed each other merge where no cycle arises, so that a group may have several outputs.
class fusion : group_pooling {
 public:
  constexpr fusion(graph const& g, list<int> const& outputs, pass_options options)
      : group_pooling(g, options.states_apart),
        outputs_(outputs),
        options_(options),
        sole_(g.size(), unused),
        in_memory_(g.size(), 0),
        last_use_(g.size(), -1) {
    r_.live = live_nodes(g, outputs);
    variant_ = variants_of(g, r_.live, outputs);
    r_.of = list<int>(count_, -1);
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
    if (options_.fuse && options_.winograd) pool_convolutions(outputs_);
    circle_ = false;  // groups that needed each other may be one now
    schedule();
    if (circle_) return with_states_apart();
    return static_cast<grouping&&>(r_);
  }

 private:
  static constexpr int unused = -1, many = -2;
  static constexpr int most_cheap_in_a_row = 4;  // made again of each other

  /// That a group reads a node, and which use of the node was found before.
  struct use {
    int group = 0, before = -1;
  };

  /// The same where states are updated from each other: none of their new values can be computed into its place.
  constexpr grouping with_states_apart() const {
    if (options_.states_apart)
      refuse("states are assigned each other's old values as they are, which no order of copies allows");
    pass_options apart = options_;
    apart.states_apart = true;
    return fusion(g_, outputs_, apart).run();
  }

  constexpr void need_in_memory(int id) {
    id = storage_.items[id];
    sole_.items[id] = many;
    in_memory_.items[id] = 1;
    if (is_inlined(nodes_[id].code)) r_.materialised.items[id] = 1;
  }
  constexpr void used_by(int id, int group_id) {
    if (is_view(nodes_[id].code)) return need_in_memory(id);
    int& sole = sole_.items[id];
    if (sole == group_id) return;
    sole = sole == unused ? group_id : many;
    if (!is_cheap(nodes_[id].code)) return;
    uses_.push({group_id, last_use_.items[id]});
    last_use_.items[id] = uses_.size() - 1;
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
    ++members_;
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
    if (n.code == op::matmul) return m.kind == group::single;  // of a permutation, which alone reads it
    if (!options_.fuse || n.code == op::assign || (m.kind != group::row && m.kind != group::column)) return false;
    if (m.members.size() >= max_group_nodes || m.operands + operand_count(id) > max_group_operands - 2) return false;
    if (is_wide(g_, id) != m.wide || n.rows != m.rows || (m.variant && !variant_.items[id])) return false;
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
    if (is_view(n.code)) {  // who reads it says how
      op const shown = nodes_[storage_.items[i]].code;
      return is_move(shown) || shown == op::matmul ? void() : use_operands(i, many);
    }
    if (overwrites_apart(i)) {
      open(group::row, i, n.extents, 0);
      return use_operands(i, many);
    }
    if (is_inlined(n.code)) {
      if (r_.materialised.items[i]) {
        int m = open(group::row, i, n.extents, 0);
        use_operands(i, m);
      } else {
        use_operands(i, sole_.items[i]);
      }
      return;
    }
    if (is_move(n.code) && sole_.items[i] == unused) {  // who reads it reads its operand
      if (int const s = storage_.items[n.in[0]]; !is_move(nodes_[s].code)) need_in_memory(s);
      return;
    }
    int m = sole_.items[i];
    if (m >= 0 && joins(i, r_.groups.items[m]))
      add(m, i);
    else if (m == many && is_made_again(i))
      return make_again(i);
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
    if (is_move(n.code) || n.code == op::matmul) return use_rearranged(i, m);
    bool fusable = is_pointwise(n.code) || is_reduction(n.code);
    use_operands(i, fusable ? m : many);
  }
  /// A slice or permutation reads others like it where their operands lie, and a product does where that makes
  /// matrices. A product that only a permutation reads is computed where that puts it.
  constexpr void use_rearranged(int i, int group_id) {
    g_.each_operand(i, [&](int j) {
      int const s = storage_.items[j];
      op const code = nodes_[s].code;
      if (options_.fuse && is_move(code) && is_readable(i, j)) return;
      if (code == op::matmul && sole_.items[s] == unused && is_product_of(i, s)) {
        sole_.items[s] = group_id;
        return;
      }
      need_in_memory(j);
    });
  }
  /// Also where one of those that the operand is made of has memory of its own, as somebody else needs it there.
  constexpr bool is_readable(int reader, int operand) const {
    bool const is_factor = nodes_[reader].code == op::matmul;
    if (is_factor && !options_.strided) return false;
    if (is_factor && panels_of(nodes_[reader]) == panel_role::factor && g_.extents(operand).rank > 2) return false;
    for (int last = storage_.items[operand]; is_move(nodes_[last].code); last = storage_.items[nodes_[last].in[0]]) {
      rearranged const r = rearranged_from(g_, operand, [last](int j) { return j >= last; });
      if (is_factor ? !strided_matrices(r).is_possible : !r.is_possible()) return false;
    }
    return true;
  }
  constexpr bool is_product_of(int permutation, int product) const {
    return options_.fuse && options_.strided && panels_of(nodes_[product]) != panel_role::result &&
           strided_matrices(result_in(g_, product, permutation)).is_written();
  }
  /// Whether node i is made of no more than one value of its size, and that is in memory whatever happens.
  constexpr bool is_cheap_of_memory(int i, int depth = 0) const {
    node const& n = nodes_[i];
    if (!is_cheap(n.code) || depth == most_cheap_in_a_row) return false;
    int large = -1;
    for (int j : n.in) {
      if (j < 0 || j == large || is_small_part(j)) continue;
      if (large >= 0) return false;
      large = j;
    }
    if (large < 0) return true;
    op const code = nodes_[large].code;
    if (code == op::random || code == op::parameter || code == op::state || code == op::range) return false;
    bool const lies_there = !is_pointwise(code) && !is_reduction(code);
    return lies_there || in_memory_.items[large] || is_cheap_of_memory(large, depth + 1);
  }
  constexpr bool is_small_part(int j) const {
    op const code = nodes_[j].code;
    return code == op::broadcast || code == op::constant || code == op::iota;
  }
  /// Whether all groups that read node i make it again, rather than one of them writes it to memory.
  constexpr bool is_made_again(int i) const {
    if (!options_.fuse || in_memory_.items[i] || !is_cheap_of_memory(i)) return false;
    int makers = 0;
    for (int u = last_use_.items[i]; u >= 0; u = uses_[u].before, ++makers) {
      group const& m = r_.groups.items[uses_[u].group];
      if (m.kind != group::row && m.kind != group::column) return false;
      if (m.variant && reads_state(i)) return false;
      if (!(m.space == nodes_[i].extents) || m.rows != nodes_[i].rows || m.wide != is_wide(g_, i)) return false;
      if (m.members.size() >= max_group_nodes || m.operands + operand_count(i) > max_group_operands - 2) return false;
    }
    return members_ + makers + i <= 2 * count_;  // as many as are frozen; nodes before it may be members, too
  }
  /// Whether it reads a state, which is overwritten before the update.
  constexpr bool reads_state(int i) const {
    bool found = false;
    g_.each_operand(i, [&](int j) {
      int const s = storage_.items[j];
      found = found || nodes_[s].code == op::state ||
              ((is_inlined(nodes_[s].code) || is_move(nodes_[s].code)) && reads_state(s));
    });
    return found;
  }
  constexpr void make_again(int i) {
    for (int u = last_use_.items[i]; u >= 0; u = uses_[u].before) {
      int const m = uses_[u].group;
      if (r_.groups.items[m].members.back() == i) continue;  // it reads the node more than once
      add(m, i);
      use_operands(i, m);
    }
    r_.of.items[i] = -1;
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
      if (group_id != many) return used_by(j, group_id);
      if (!is_inlined(nodes_[i].code) || is_view(nodes_[j].code)) return need_in_memory(j);
      sole_.items[j] = many;  // each user makes i again
      in_memory_.items[j] = 1;
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
    for (int m = 0; m < r_.groups.size(); ++m)
      for (int k = 0; k < r_.groups.items[m].members.size(); ++k)
        order_reads(m, r_.groups.items[m].members[k], r_.groups.items[m].members[k]);
  }
  /// What node `reader` of group m reads, itself or through views and nodes that it makes again, comes before it is
  /// overwritten.
  constexpr void order_reads(int m, int reader, int through) {
    g_.each_operand(through, [&](int j) {
      int const leaf = storage_.items[j];
      op const code = nodes_[leaf].code;
      if (code == op::state || code == op::parameter || code == op::range) {
        for (int k = writer_of_.items[leaf]; k >= 0; k = more_writers_[k]) order_read(m, reader, writers_[k]);
        if (code == op::parameter)
          for (int a : parameter_writers_) order_read(m, reader, a);
      } else if ((is_inlined(code) || is_move(code)) && r_.of.items[leaf] < 0) {
        order_reads(m, reader, leaf);
      }
    });
  }
  constexpr void order_read(int m, int reader, int assignment) {
    if (reader != assignment) order(m, assignment);
  }
  constexpr void order(int reader, int assignment) {
    group& writer = r_.groups.items[r_.of.items[assignment]];
    bool const same_update =
        r_.groups.items[reader].variant == variant_.items[assignment] || !r_.groups.items[reader].variant;
    if (reader != r_.of.items[assignment] && same_update && writer.after.find(reader) < 0) writer.after.push(reader);
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

  list<int> const& outputs_;
  pass_options options_;
  list<int> sole_;        // the group that holds all users of a node: unused, many, or its number
  list<char> in_memory_;  // nodes that are written whatever happens
  list<use> uses_;        // of cheap nodes
  list<int> last_use_;    // of each node, as a place in `uses_`; -1: none
  int members_ = 0;       // of all groups
  list<int> variant_;
  list<int> writers_, more_writers_;  // assignments, and for each another one of the same target
  list<int> writer_of_;               // for each node its assignment, as a place in `writers_`
  list<int> parameter_writers_;       // assignments of all trained parameters at once
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
