// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/group_walk.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Merges groups that share an operand or feed each other, where no cycle arises.
class group_merging : protected group_walk {
 protected:
  using group_walk::group_walk;

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
  /// Whether node i only copies a new value of a state to its place.
  constexpr bool overwrites_apart(int i) const {
    return states_apart_ && nodes_[i].code == op::assign && nodes_[nodes_[i].in[1]].code == op::state;
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
        if (nodes_[i].code == op::assign && (overwrites_apart(i) || !(nodes_[i].extents == a.space))) return false;
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
      bool const first = q == from.members.size() || (p < into.members.size() && into.members[p] <= from.members[q]);
      int const next = first ? into.members[p++] : from.members[q++];
      if (both.empty() || both.back() != next) both.push(next);  // both may make a cheap node again
    }
    into.members.swap(both);
    into.axes |= from.axes;
    into.operands += from.operands;
    for (int d : from.after) into.after.push(d);
    for (int i : from.members)
      if (r_.of.items[i] >= 0) r_.of.items[i] = a;
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
  /// What is read from memory, above all, by who reads node j.
  constexpr int read_for(int j) const {
    while (r_.of.items[j] < 0 && is_pointwise(nodes_[j].code) && !is_free(nodes_[j].code)) {
      node const& n = nodes_[j];
      int next = n.in[0];
      for (int k : n.in)
        if (k >= 0 && nodes_[k].code != op::broadcast && n.extents == nodes_[k].extents) next = k;
      j = next;
    }
    return storage_.items[j];
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
          j = read_for(j);
          if (is_free(nodes_[j].code) || nodes_[j].extents.size() <= 1) return;
          if (pass == 0 && r_.of.items[j] >= 0) try_merge(r_.of.items[j], r_.of.items[i]);
          int& last = last_user.items[2 * j + column];
          if (pass == 1 && last >= 0) try_merge(r_.of.items[last], r_.of.items[i]);
          if (pass == 1) last = i;
        });
    }
  }

 private:
  list<unsigned long long> needs_;
  int words_ = 0;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
