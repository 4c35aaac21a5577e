// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/build.hpp>
#include <ashlar/passes/fusion.hpp>
#include <ashlar/passes/lower_group.hpp>
#include <ashlar/passes/lower_node.hpp>
#include <ashlar/passes/memory.hpp>
#include <ashlar/plan/layout.hpp>
#include <ashlar/plan/trace.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A node whose memory is given: an output of the program, a result of a body, a gradient in the exchange.
struct placed_node {
  int node = -1;
  address at{};
  std::int64_t leading = 0;  // bytes from one slice of axis 0 to the next, where not dense
};

/// The whole plan in growing pools: what `program` freezes into tables.
class plan_builder {
 public:
  list<step_entry> steps;
  list<address> operands;
  list<operand_value> values;  // of the operands
  list<operation_entry> operations;
  list<std::int64_t> numbers;
  list<double> constants;
  list<loop_entry> loops;
  list<loop_binding> bindings;
  list<body_entry> bodies;
  list<int> paths;  // for each path of the graphs its name: begin and length in `names`
  list<char> names;
  list<int> kernel_code;
  list<int> kernel_begin = list<int>(1, 0);
  list<custom_primitive const*> customs;
  plan_counts counts;
  plan_trace* trace = nullptr;  // where to leave what each step computes; in constants nobody asks

  constexpr explicit plan_builder(pass_options options) : options_(options) {}

  /// Plans graph g as a body. `leaves` gives the memory of its leaves, `fixed` that of its outputs (place -1: anywhere
  /// in the arena, kept to the end; the address is filled in). Returns the number of the body.
  constexpr int plan(graph& g, list<placed_node> const& leaves, list<placed_node>& fixed, std::int64_t& bytes) {
    body_plan b(*this, g);
    return b.run(leaves, fixed, bytes);
  }

  constexpr int custom(custom_primitive const* primitive) {
    customs.push(primitive);
    return customs.size() - 1;
  }
  constexpr int kernel(list<int> const& code) {
    int const count = kernel_begin.size() - 1, size = code.size();
    int const *const begin = kernel_begin.items, *const wanted = code.items;
    for (int k = 0; k < count; ++k) {
      if (begin[k + 1] - begin[k] != size) continue;
      int const* const known = kernel_code.items + begin[k];
      int i = 0;
      while (i < size && known[i] == wanted[i]) ++i;
      if (i == size) return k;
    }
    for (int c : code) kernel_code.push(c);
    kernel_begin.push(kernel_code.size());
    return count;
  }

 private:
  class body_plan {
   public:
    constexpr body_plan(plan_builder& p, graph& g) : p_(p), g_(g), layout_(p.options_.reuse) {}

    constexpr int run(list<placed_node> const& leaves, list<placed_node>& fixed, std::int64_t& bytes) {
      first_path_ = p_.paths.size() / 2;
      for (int i = 0; i < g_.paths.size(); ++i) {
        p_.paths.push(p_.names.size());
        write_layer(g_, i, p_.names);
        p_.paths.push(p_.names.size() - p_.paths.back());
      }
      give_own_memory(fixed);
      std::int64_t exchange = place_exchange();
      find_inner_strides();
      list<int> outputs;
      for (placed_node const& f : fixed) outputs.push(f.node);
      for (int i = 0; i < g_.size(); ++i)
        if (g_[i].code == op::assign) outputs.push(i);
      grouping_ = fusion(g_, outputs, p_.options_).run();
      int n = g_.size();
      where_ = list<address>(n, address{});
      leading_ = list<std::int64_t>(n, 0);
      last_ = list<int>(n, -1);
      kept_ = list<char>(n, 0);
      registers_ = list<int>(n, group_lowering::none);
      for (placed_node const& l : leaves) settle(l);
      for (placed_node const& f : fixed) {
        if (f.at.place >= 0) settle(f);
        kept_[storage_of(g_, f.node)] = 1;
      }
      for (placed_node const& f : exchanged_) settle(f);
      for (int i = 0; i < n; ++i)
        if (g_[i].code == op::exchange) where_[i] = {arena_place, exchange};
      take_inputs();
      find_last_uses();
      find_outputs();
      body_entry body;
      list<step_entry> own;
      for (int t = 0; t < grouping_.order.size(); ++t) add_step(t, own);
      for (placed_node& f : fixed) f.at = where_[storage_of(g_, f.node)];
      for (int i = 0; i < n; ++i)
        if (g_[i].code == op::input) input_addresses.push({i, where_[i], 0});
      body.first_step = p_.steps.size();
      body.step_count = own.size();
      for (step_entry const& s : own) p_.steps.push(s);
      p_.counts.nodes += n;
      bytes = layout_.peak();
      total_ = layout_.total();
      if (!g_.parent) {
        p_.counts.arena_bytes = bytes;
        p_.counts.arena_bytes_without_reuse = total_ + p_.nested_total_;
        p_.inputs_ = static_cast<list<placed_node>&&>(input_addresses);
      } else {
        p_.nested_total_ += total_ - bytes;
      }
      p_.bodies.push(body);
      if (p_.trace) p_.trace->bodies.push({&g_, traced_, grouping_.live});
      return p_.bodies.size() - 1;
    }

   private:
    /// An output that is a leaf, a view of another output or wanted twice gets a copy.
    constexpr void give_own_memory(list<placed_node>& fixed) {
      list<int> taken;
      for (int d : g_.exchanged)
        if (d >= 0) taken.push(storage_of(g_, d));
      for (placed_node& f : fixed) f.node = with_own_memory(g_, f.node, taken);
    }
    constexpr std::int64_t place_exchange() {
      if (g_.exchanged.empty()) return 0;
      std::int64_t bytes = 0;
      list<variable_info> const placed = lay_out(g_.parameters, parameter_place, bytes);
      std::int64_t at = layout_.take(exchange_bytes());
      for (int k = 0; k < g_.exchanged.size(); ++k) {
        int const d = g_.exchanged[k];
        if (d < 0) continue;
        variable_info const& v = placed[k];
        exchanged_.push({storage_of(g_, d), {arena_place, at + v.at.offset}, v.depth ? v.stride[0] : 0});
      }
      return at;
    }

    constexpr void settle(placed_node const& f) {
      int s = storage_of(g_, f.node);
      where_[s] = f.at;
      leading_[s] = f.leading;
      kept_[s] = 1;
    }
    constexpr std::int64_t bytes(int id) const { return g_.extents(id).size() * bytes_of(g_[id].type); }

    constexpr void take_inputs() {
      for (int i = 0; i < g_.size(); ++i)
        if (g_[i].code == op::input && where_[i].place < 0) where_[i] = {arena_place, layout_.take(bytes(i))};
    }

    template <class F>
    constexpr void each_input(group const& m, F f) const {
      for (int i : m.members) each_read(i, f);
    }
    template <class F>
    constexpr void each_read(int i, F f) const {
      g_.each_operand(i, [&](int j) {
        if (j < 0) return;
        int s = storage_of(g_, j);
        f(s);
        if (is_inlined(g_[s].code)) each_read(s, f);
      });
    }
    constexpr void find_last_uses() {
      for (int t = 0; t < grouping_.order.size(); ++t)
        each_input(grouping_.groups[grouping_.order[t]], [&](int s) { last_[s] = t; });
    }
    constexpr void release(group const& m, int t) {
      each_input(m, [&](int s) {
        if (last_[s] != t || kept_[s] || where_[s].place != arena_place) return;
        last_[s] = -2;
        std::int64_t size = bytes(s);
        if (g_[s].code == op::exchange) size = exchange_bytes();
        layout_.give_back(where_[s].offset, size);
      });
    }
    constexpr std::int64_t exchange_bytes() const { return trained_bytes(g_.parameters); }
    constexpr void allocate(int id) {
      if (where_[id].place < 0) where_[id] = {arena_place, layout_.take(bytes(id))};
    }
    /// Which nodes others need in memory.
    constexpr void find_outputs() {
      out_ = kept_;
      for (int u = 0; u < g_.size(); ++u) {
        if (!grouping_.live[u]) continue;
        if (g_[u].code == op::assign) out_[u] = 1;
        if (is_view(g_[u].code)) out_[storage_of(g_, u)] = 1;
        if (grouping_.of[u] >= 0) mark_read(u, grouping_.of[u]);
      }
    }
    constexpr void mark_read(int user, int reader) {
      g_.each_operand(user, [&](int j) {
        if (j < 0) return;
        if (is_inlined(g_[j].code)) mark_read(j, reader);
        if (grouping_.of[j] >= 0 && grouping_.of[j] != reader) out_[j] = 1;
      });
    }

    constexpr void add_step(int t, list<step_entry>& own) {
      group const& m = grouping_.groups[grouping_.order[t]];
      if (m.kind == group::nothing) return;
      if (m.kind == group::looped) return add_loop(m, t, own);
      lowered l;
      if (m.kind == group::single) {
        l = lower_node(g_, m.members[0]);
      } else {
        l = group_lowering(
                g_, m, registers_,
                [&](int j, int axis) { return (axis ? inner_leading(j) : leading_[j]) / bytes_of(g_[j].type); },
                [&](int i) { return out_[i] != 0; })
                .take();
      }
      if (l.code[0] == static_cast<int>(kernel_kind::custom)) l.code.push(p_.custom(l.custom));
      for (int j : l.outputs) allocate(j);
      step_entry s;
      s.kernel = p_.kernel(l.code);
      s.operands = p_.operands.size();
      s.numbers = p_.numbers.size();
      s.constants = p_.constants.size();
      s.path = first_path_ + g_[m.members.back()].path;
      s.variant = m.variant;
      s.inputs = l.inputs.size();
      s.outputs = l.outputs.size();
      std::int64_t moved = 0;
      for (int j : l.inputs) {
        add_operand(operand_address(j), value_of(j));
        moved += bytes(j);
      }
      for (int j : l.outputs) {
        add_operand(where_[j], value_of(j));
        moved += bytes(j);
      }
      s.work = estimated_work(l, moved);
      s.phases = l.phases;
      add_operations(m, s);
      if (l.workspace) {
        std::int64_t at = layout_.take(l.workspace);
        add_operand({arena_place, at}, {});
        layout_.give_back(at, l.workspace);
      }
      s.operand_count = p_.operands.size() - s.operands;
      for (std::int64_t v : l.numbers) p_.numbers.push(v);
      for (double v : l.constants) p_.constants.push(v);
      p_.counts.flops += l.flops * static_cast<double>(p_.repeats_);
      ++p_.counts.steps;
      own.push(s);
      if (p_.trace) trace_step(m.members, l.inputs, l.outputs, l.workspace);
      release(m, t);
    }
    constexpr void add_operand(address const& at, operand_value const& v) {
      p_.operands.push(at);
      p_.values.push(v);
    }
    constexpr operand_value value_of(int j) const {
      node const& n = g_[j];
      operand_value v;
      v.type = n.type;
      if (!is_floating(n.type) || is_free(n.code)) return v;
      v.elements = n.extents.size();
      int const s = storage_of(g_, j);
      if (n.rows) v.per_row = v.elements / n.extents[0] * n.rows;
      for (int axis = 0; axis < 2 && (axis ? inner_leading(s) : leading_[s]); ++axis) {
        v.slices[axis] = g_.extents(s)[axis];
        v.apart[axis] = axis ? inner_leading(s) : leading_[s];
        v.elements /= v.slices[axis];
        v.per_row = 0;
      }
      return v;
    }
    constexpr void add_operations(group const& m, step_entry& s) {
      s.operations = p_.operations.size();
      for (int i : m.members)
        if (is_floating(g_[i].type) && !keeps_finite(g_[i].code))
          p_.operations.push({g_[i].code, first_path_ + g_[i].path, g_[i].at});
      s.operation_count = p_.operations.size() - s.operations;
    }
    constexpr address operand_address(int j) const {
      int s = storage_of(g_, j);
      if (g_[s].code == op::scalar) return {scalar_place, static_cast<std::int64_t>(sizeof(double)) * g_[s].a[0]};
      return where_[s];
    }

    constexpr void add_loop(group const& m, int t, list<step_entry>& own) {
      int id = m.members[0];
      loop& l = g_.loop_of(id);
      graph& body = *l.body;
      loop_entry entry;
      entry.count = l.count;
      entry.reversed = l.reversed;
      entry.carries = l.carries;
      list<loop_binding> binds;
      list<placed_node> leaves, results;
      for (int q = 0; q < l.operands.size(); ++q) {
        int s = storage_of(g_, l.operands[q]);
        loop_binding b;
        b.at = operand_address(l.operands[q]);
        bool sliced = q >= l.carries + l.invariants;
        std::int64_t slice = body.extents(l.arguments[q]).size() * bytes_of(body[l.arguments[q]].type);
        if (sliced) b.stride = leading_[s] ? leading_[s] : slice;
        binds.push(b);
        leaves.push({l.arguments[q], {static_cast<std::int16_t>(operand_place + q), 0}, sliced ? inner_leading(s) : 0});
      }
      for (int k = 0; k < l.results.size(); ++k) {
        int out = l.outputs[k];
        bool used = grouping_.live[out] != 0;
        if (!used && k >= l.carries) continue;
        if (used) allocate(out);
        loop_binding b;
        b.at = used ? where_[out] : address{};
        std::int64_t slice = body.extents(l.results[k]).size() * bytes_of(body[l.results[k]].type);
        if (k >= l.carries) b.stride = leading_[out] ? leading_[out] : slice;
        b.slot_bytes = k < l.carries ? aligned(slice) : 0;
        results.push({l.results[k],
                      {static_cast<std::int16_t>(operand_place + l.operands.size() + results.size()), 0},
                      k >= l.carries ? inner_leading(out) : 0});
        binds.push(b);
      }
      std::int64_t scratch = 0;
      p_.repeats_ *= l.count;
      entry.body = p_.plan(body, leaves, results, scratch);
      p_.repeats_ /= l.count;
      p_.bodies[entry.body].places = operand_place + binds.size();
      for (int k = 0; k < l.carries; ++k) {
        binds[l.operands.size() + k].slot = scratch;
        scratch += 2 * binds[l.operands.size() + k].slot_bytes;
      }
      entry.arguments = l.operands.size();
      entry.results = binds.size() - entry.arguments;
      entry.scratch = layout_.take(scratch);
      layout_.give_back(entry.scratch, scratch);
      entry.bindings = p_.bindings.size();
      for (loop_binding const& b : binds) p_.bindings.push(b);
      step_entry s;
      s.loop = p_.loops.size();
      s.path = first_path_ + g_[id].path;
      s.variant = m.variant;
      p_.loops.push(entry);
      own.push(s);
      if (p_.trace) trace_loop(m, l, scratch);
      release(m, t);
      for (int o : l.outputs)  // outputs that nobody reads do not exist; those read by nobody later are kept by readers
        if (grouping_.live[o] && last_[o] < 0 && !kept_[o] && where_[o].place == arena_place)
          layout_.give_back(where_[o].offset, bytes(o));
    }

    void trace_step(list<int> const& nodes, list<int> const& inputs, list<int> const& outputs, std::int64_t workspace) {
      traced_step t{nodes, inputs, outputs, {}};
      for (int j : inputs) t.spans.push(span(j));
      for (int j : outputs) t.spans.push(span(j));
      t.spans.push(workspace);
      traced_.push(t);
    }
    void trace_loop(group const& m, loop const& l, std::int64_t scratch) {
      list<int> planned;
      for (int k = 0; k < l.results.size(); ++k)
        if (k < l.carries || grouping_.live[l.outputs[k]]) planned.push(l.outputs[k]);
      trace_step(m.members, l.operands, planned, scratch);
    }
    /// Bytes from the first element of a node to its last.
    std::int64_t span(int node) const {
      int const s = storage_of(g_, node);
      if (g_[s].code == op::scalar) return sizeof(double);
      shape const& e = g_.extents(s);
      if (!leading_[s]) return bytes(s);
      std::int64_t slice = bytes(s) / e[0];
      if (inner_leading(s)) slice = (e[1] - 1) * inner_leading(s) + slice / e[1];
      return (e[0] - 1) * leading_[s] + slice;
    }

    /// Bytes between slices of the second axis of a stacked parameter (or its gradient) of a loop in a loop.
    constexpr std::int64_t inner_leading(int node) const {
      for (placed_node const& f : inner_strides_)
        if (f.node == node) return f.leading;
      return 0;
    }
    constexpr void find_inner_strides() {
      if (g_.parent) return;
      std::int64_t size = 0;
      auto keep = [&](list<variable_entry> const& entries, std::int16_t where, bool gradients) {
        list<variable_info> const placed = lay_out(entries, where, size);
        for (int k = 0; k < entries.size(); ++k) {
          if (entries[k].depth < 2) continue;
          inner_strides_.push({entries[k].node, {}, placed[k].stride[1]});
          if (gradients && g_.exchanged[k] >= 0)
            inner_strides_.push({storage_of(g_, g_.exchanged[k]), {}, placed[k].stride[1]});
        }
      };
      keep(g_.parameters, parameter_place, !g_.exchanged.empty());
      keep(g_.states, state_place, false);
    }

    plan_builder& p_;
    graph& g_;
    arena_layout layout_;
    grouping grouping_;
    list<address> where_;
    list<std::int64_t> leading_;
    list<int> last_;
    list<char> kept_;
    list<int> registers_;
    list<char> out_;
    list<placed_node> exchanged_;
    list<placed_node> inner_strides_;
    list<placed_node> input_addresses;
    list<traced_step> traced_;
    std::int64_t total_ = 0;
    int first_path_ = 0;  // of the graph's among all
  };

 public:
  constexpr list<placed_node> const& inputs() const { return inputs_; }

 private:
  pass_options options_;
  list<placed_node> inputs_;
  std::int64_t nested_total_ = 0;
  std::int64_t repeats_ = 1;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
