// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/lower_group.hpp>
#include <ashlar/passes/lower_node.hpp>
#include <ashlar/plan/planned_graph.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Which nodes others need in memory, and how what a step reads and writes lies.
class value_layout {
 public:
  constexpr value_layout(list<planned_graph> const& all, int number, placed_variables const& variables)
      : p_(all[number]), g_(*p_.g), apart_(all, number, variables), sparse_(g_.size(), 0), out_(g_.size(), 0) {
    for (slice_distance const& d : apart_.nodes) sparse_[d.node] = 1;
    find_outputs();
  }

  /// Bytes from one slice along axis 0 or 1 to the next, of memory that does not lie densely (0: dense).
  constexpr std::int64_t apart(int storage, int axis) const {
    return sparse_.items[storage] ? apart_.of(storage, axis) : 0;
  }
  /// Whether others need the node in memory.
  constexpr bool is_output(int node) const { return out_.items[node] != 0; }

  constexpr operand_value value_of(int j) const {
    node const& n = g_.nodes.items[j];
    operand_value v;
    v.type = n.type;
    if (!is_floating(n.type) || is_free(n.code)) return v;
    v.elements = n.extents.size();
    int const s = storage_of(g_, j);
    if (n.rows) v.per_row = v.elements / n.extents[0] * n.rows;
    for (int axis = 0; axis < 2 && apart(s, axis); ++axis) {
      v.slices[axis] = g_.extents(s)[axis];
      v.apart[axis] = apart(s, axis);
      v.elements /= v.slices[axis];
      v.per_row = 0;
    }
    return v;
  }

 private:
  constexpr void find_outputs() {
    for (int o : p_.outputs) out_.items[storage_of(g_, o)] = 1;
    for (int d : g_.exchanged)
      if (d >= 0) out_.items[storage_of(g_, d)] = 1;
    char const* const live = p_.groups.live.items;
    for (int u = 0; u < g_.size(); ++u) {
      if (!live[u]) continue;
      op const code = g_.nodes.items[u].code;
      if (code == op::assign) out_.items[u] = 1;
      if (is_view(code)) out_.items[storage_of(g_, u)] = 1;
    }
    for (int m : p_.groups.order)
      for (int u : p_.groups.groups.items[m].members) mark_read(u, m);
  }
  constexpr void mark_read(int user, int reader) {
    g_.each_operand(user, [&](int j) {
      if (is_inlined(g_.nodes.items[j].code)) mark_read(j, reader);
      int const computed = p_.groups.of.items[j];
      if (computed >= 0 && computed != reader) out_.items[j] = 1;
      if (computed >= 0) return;
      if (int const s = storage_of(g_, j); p_.groups.is_read_through(g_, s)) mark_read(s, reader);
    });
  }

  planned_graph const& p_;
  graph const& g_;
  slice_distances apart_;
  list<char> sparse_, out_;
};

/// A step that has its kernel and its operands, but no memory yet.
struct draft {
  step_entry step{};  // `operands`, `numbers`, `constants` and `operations` count from the beginning of the drafts'
  int code = 0, code_size = 0;
  std::int64_t workspace = 0;
  double flops = 0;
  double bytes = 0;         // that it reads and writes
  bool could_fuse = false;  // in principle, with a kernel that makes what it reads or reads what it makes
  custom_primitive const* custom = nullptr;
};

/// Steps without memory, in pools that grow.
struct drafts {
  list<draft> steps;
  list<int> codes;
  list<int> nodes;             // of the operands; -1: a workspace
  list<operand_value> values;  // of the operands
  list<std::int64_t> numbers;
  list<double> constants;
  list<operation_entry> operations;
};

/// Drafts steps of one graph.
class draft_writer {
 public:
  constexpr draft_writer(list<planned_graph> const& all, int number, placed_variables const& variables, bool winograd,
                         drafts& to)
      : p_(all[number]),
        g_(*p_.g),
        layout_(all, number, variables),
        registers_(g_.size(), group_lowering::none),
        winograd_(winograd),
        to_(to) {}

  /// Drafts those steps of the graph whose number among all is in [first, last).
  constexpr void write(int first, int last) {
    int next = p_.first_draft;
    for (int m : p_.groups.order) {
      group const& one = p_.groups.groups.items[m];
      if (one.kind > group::single) continue;
      if (next >= last) return;
      if (next >= first) add(one);
      ++next;
    }
  }

 private:
  constexpr std::int64_t bytes(int id) const { return g_.extents(id).size() * bytes_of(g_[id].type); }

  constexpr lowered lower(group const& m) {
    auto is_output = [&](int i) { return layout_.is_output(i); };
    if (m.kind == group::single) return lower_node(g_, m.members, &p_.groups, winograd_, is_output);
    return group_lowering(
               g_, m, registers_,
               [&](int j, int axis) { return layout_.apart(j, axis) / bytes_of(g_.nodes.items[j].type); }, is_output)
        .take();
  }
  constexpr void add(group const& m) {
    lowered const l = lower(m);
    draft d;
    step_entry& s = d.step;
    s.operands = to_.nodes.size();
    s.numbers = to_.numbers.size();
    s.constants = to_.constants.size();
    s.path = p_.first_path + g_.nodes.items[m.members.back()].path;
    s.variant = m.variant;
    s.inputs = l.inputs.size();
    s.outputs = l.outputs.size();
    s.operand_count = s.inputs + s.outputs + (l.workspace ? 1 : 0);
    s.phases = l.phases;
    std::int64_t const whole = add_operands(l.inputs) + add_operands(l.outputs);
    std::int64_t const moved = l.bytes ? l.bytes : whole;
    s.work = estimated_work(l, moved);
    if (l.workspace) {
      to_.nodes.push(-1);
      to_.values.push({});
    }
    add_operations(m, s);
    d.code = to_.codes.size();
    d.code_size = l.code.size();
    d.workspace = l.workspace;
    d.flops = l.flops * static_cast<double>(p_.repeats);
    d.bytes = static_cast<double>(moved) * static_cast<double>(p_.repeats);
    kernel_kind const kind = static_cast<kernel_kind>(l.code[0]);
    d.could_fuse =
        !m.variant && (kind <= kernel_kind::column || (kind >= kernel_kind::move && kind <= kernel_kind::concat));
    d.custom = l.custom;
    to_.codes.append(l.code);
    to_.numbers.append(l.numbers);
    to_.constants.append(l.constants);
    to_.steps.push(d);
  }
  /// Returns how many bytes they are; numbers that kernels make themselves are none.
  constexpr std::int64_t add_operands(list<int> const& nodes) {
    std::int64_t moved = 0;
    for (int j : nodes) {
      to_.nodes.push(j);
      to_.values.push(layout_.value_of(j));
      if (!is_free(g_.nodes.items[j].code)) moved += bytes(j);
    }
    return moved;
  }
  constexpr void add_operations(group const& m, step_entry& s) {
    s.operations = to_.operations.size();
    for (int i : m.members) {
      node const& n = g_.nodes.items[i];
      if (is_floating(n.type) && !keeps_finite(n.code)) to_.operations.push({n.code, p_.first_path + n.path, n.at});
    }
    s.operation_count = to_.operations.size() - s.operations;
  }

  planned_graph const& p_;
  graph const& g_;
  value_layout layout_;
  list<int> registers_;
  bool winograd_;
  drafts& to_;
};

/// Drafts the steps with numbers in [first, last).
constexpr void write_drafts(list<planned_graph> const& all, placed_variables const& variables, bool winograd, int first,
                            int last, drafts& to) {
  for (int k = 0; k < all.size(); ++k) {
    bool const before = k + 1 < all.size() && all[k + 1].first_draft <= first;
    if (before || all[k].first_draft >= last) continue;
    draft_writer(all, k, variables, winograd, to).write(first, last);
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
