// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/memory.hpp>
#include <ashlar/plan/draft.hpp>
#include <ashlar/plan/trace.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A node whose memory is given: an output of the program, a result of a body, a gradient in the exchange.
struct placed_node {
  int node = -1;
  address at{};
};

/// The whole plan in growing pools: what `program` freezes into tables. What drafts hold (numbers, constants, values,
/// operations) stays in theirs, one after the other.
class plan_builder {
 public:
  list<step_entry> steps;
  list<address> operands;
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

  /// `drafted` holds the drafts of all graphs in order, each part behind the one before.
  constexpr plan_builder(list<planned_graph> const& graphs, placed_variables const& variables,
                         list<drafts const*> const& drafted, bool reuse)
      : graphs_(graphs), variables_(variables), drafted_(drafted), reuse_(reuse) {}
  plan_builder(plan_builder const&) = delete;
  plan_builder& operator=(plan_builder const&) = delete;

  /// Names the paths of all graphs.
  constexpr void name_paths() {
    for (planned_graph const& p : graphs_)
      for (int i = 0; i < p.g->paths.size(); ++i) {
        int const begin = names.size();
        paths.push(begin);
        write_layer(*p.g, i, names);
        paths.push(names.size() - begin);
      }
  }
  /// Gives the graph with that number memory, and the bodies of its loops. `leaves` gives the memory of its leaves,
  /// `fixed` that of its outputs (place -1: anywhere in the arena, kept to the end; the address is filled in). Returns
  /// the number of the body; `bytes` is how large its arena is.
  constexpr int place(int graph, list<placed_node> const& leaves, list<placed_node>& fixed, std::int64_t& bytes) {
    if (operands.empty()) {
      int count = 0;
      for (drafts const* part : drafted_) count += part->nodes.size();
      operands.resize(count, {});
    }
    body_plan b(*this, graphs_[graph]);
    return b.run(leaves, fixed, bytes);
  }

 private:
  /// The steps of a graph as they were drafted, one after the other.
  class draft_cursor {
   public:
    constexpr draft_cursor(list<drafts const*> const& parts, int at) : parts_(parts), at_(at) { settle(); }

    constexpr drafts const& part() const { return *parts_[part_]; }
    constexpr draft const& operator*() const { return part().steps.items[at_]; }
    /// The step, with its numbers, constants, values and operations counted from the beginning of all drafts'.
    constexpr step_entry step() const {
      step_entry s = (**this).step;
      s.operands += operands_;
      s.numbers += numbers_;
      s.constants += constants_;
      s.operations += operations_;
      return s;
    }
    constexpr void next() {
      ++at_;
      settle();
    }

   private:
    constexpr void settle() {
      while (part_ < parts_.size() && at_ >= part().steps.size()) {
        at_ -= part().steps.size();
        operands_ += part().nodes.size();
        numbers_ += part().numbers.size();
        constants_ += part().constants.size();
        operations_ += part().operations.size();
        ++part_;
      }
    }
    list<drafts const*> const& parts_;
    int part_ = 0, at_;
    int operands_ = 0, numbers_ = 0, constants_ = 0, operations_ = 0;
  };

  class body_plan {
   public:
    constexpr body_plan(plan_builder& p, planned_graph const& planned)
        : p_(p),
          planned_(planned),
          g_(*planned.g),
          layout_(p.reuse_),
          apart_(p.graphs_, planned.g->number, p.variables_),
          where_(g_.size(), address{}),
          last_(g_.size(), -1),
          kept_(g_.size(), 0) {}

    constexpr int run(list<placed_node> const& leaves, list<placed_node>& fixed, std::int64_t& bytes) {
      grouping const& groups = planned_.groups;
      int const n = g_.size();
      std::int64_t const exchange = g_.exchanged.empty() ? 0 : layout_.take(exchange_bytes());
      for (placed_node const& l : leaves) settle(l);
      for (placed_node const& f : fixed) {
        if (f.at.place >= 0) settle(f);
        kept_[storage_of(g_, f.node)] = 1;
      }
      if (!g_.exchanged.empty()) place_gradients(exchange);
      for (int i = 0; i < n; ++i)
        if (g_.nodes.items[i].code == op::input && where_[i].place < 0)
          where_[i] = {arena_place, layout_.take(this->bytes(i))};
      find_last_uses();
      body_entry body;
      list<step_entry> own;
      own.reserve(groups.order.size());
      draft_cursor drafted(p_.drafted_, planned_.first_draft);
      for (int t = 0; t < groups.order.size(); ++t) add_step(t, drafted, own);
      for (placed_node& f : fixed) f.at = where_[storage_of(g_, f.node)];
      body.first_step = p_.steps.size();
      body.step_count = own.size();
      p_.steps.append(own);
      p_.counts.nodes += n;
      bytes = layout_.peak();
      std::int64_t const total = layout_.total();
      if (planned_.parent < 0) {
        p_.counts.arena_bytes = bytes;
        p_.counts.arena_bytes_without_reuse = total + p_.nested_total_;
        for (int i = 0; i < n; ++i)
          if (g_.nodes.items[i].code == op::input) p_.inputs_.push({i, where_[i]});
      } else {
        p_.nested_total_ += total - bytes;
      }
      p_.bodies.push(body);
      if (p_.trace) p_.trace->bodies.push({&g_, traced_, groups.live});
      return p_.bodies.size() - 1;
    }

   private:
    /// The gradients of trained parameters lie in the exchange as these lie in their region.
    constexpr void place_gradients(std::int64_t exchange) {
      list<variable_info> const& placed = p_.variables_.parameters;
      for (int k = 0; k < g_.exchanged.size(); ++k)
        if (int const d = g_.exchanged[k]; d >= 0)
          settle({storage_of(g_, d), {arena_place, exchange + placed[k].at.offset}});
      for (int i = 0; i < g_.size(); ++i)
        if (g_.nodes.items[i].code == op::exchange) where_[i] = {arena_place, exchange};
    }
    constexpr void settle(placed_node const& f) {
      int const s = storage_of(g_, f.node);
      where_[s] = f.at;
      kept_[s] = 1;
    }
    constexpr std::int64_t bytes(int id) const {
      node const& n = g_.nodes.items[id];
      return n.extents.size() * bytes_of(n.type);
    }

    template <class F>
    constexpr void each_input(group const& m, F f) const {
      for (int i : m.members) each_read(i, f);
    }
    template <class F>
    constexpr void each_read(int i, F f) const {
      g_.each_operand(i, [&](int j) {
        int const s = storage_of(g_, j);
        f(s);
        op const code = g_.nodes.items[s].code;
        if (is_inlined(code) || (is_move(code) && planned_.groups.of.items[s] < 0)) each_read(s, f);
      });
    }
    constexpr void find_last_uses() {
      grouping const& groups = planned_.groups;
      for (int t = 0; t < groups.order.size(); ++t)
        each_input(groups.groups.items[groups.order.items[t]], [&](int s) { last_.items[s] = t; });
    }
    constexpr void release(group const& m, int t) {
      each_input(m, [&](int s) {
        if (last_.items[s] != t || kept_.items[s] || where_.items[s].place != arena_place) return;
        last_.items[s] = -2;
        layout_.give_back(where_.items[s].offset, g_[s].code == op::exchange ? exchange_bytes() : bytes(s));
      });
    }
    constexpr std::int64_t exchange_bytes() const { return p_.variables_.trained_bytes; }
    constexpr void allocate(int id) {
      if (where_.items[id].place < 0) where_.items[id] = {arena_place, layout_.take(bytes(id))};
    }

    constexpr void add_step(int t, draft_cursor& drafted, list<step_entry>& own) {
      group const& m = planned_.groups.groups.items[planned_.groups.order.items[t]];
      if (m.kind == group::nothing) return;
      if (m.kind == group::looped) return add_loop(m, t, own);
      draft const& d = *drafted;
      int const* const nodes = drafted.part().nodes.items + d.step.operands;
      step_entry s = drafted.step();
      s.kernel = kernel_of(drafted.part(), d);
      if (m.kind == group::row && m.axes == 0 && p_.reuse_)
        take_products_place(nodes, s, drafted.part().numbers.items + d.step.numbers, t);
      address* const at = p_.operands.items + s.operands;  // as many and in the order of the drafts' values
      for (int k = 0; k < s.outputs; ++k) allocate(nodes[s.inputs + k]);
      for (int k = 0; k < s.inputs; ++k) at[k] = operand_address(nodes[k]);
      for (int k = 0; k < s.outputs; ++k) at[s.inputs + k] = where_.items[nodes[s.inputs + k]];
      if (d.workspace) {
        std::int64_t const offset = layout_.take(d.workspace);
        at[s.inputs + s.outputs] = {arena_place, offset};
        layout_.give_back(offset, d.workspace);
      }
      if (s.variant <= 1) {
        p_.counts.flops += d.flops;
        p_.counts.bytes_moved += d.bytes;
        p_.counts.bytes_at_least += d.could_fuse ? 0 : d.bytes;
      }
      ++p_.counts.steps;
      own.push(s);
      if (p_.trace) trace_draft(m, d, nodes);
      release(m, t);
      drafted.next();
    }
    static constexpr bool is_product(op code) {
      return code == op::matmul || code == op::conv || code == op::conv_data;
    }
    /// Pointwise work on a product that nobody else reads lies where the product does: so it may be done on the
    /// product's way to memory, while the factors are still there.
    constexpr void take_products_place(int const* nodes, step_entry const& s, std::int64_t const* numbers, int t) {
      std::int64_t const axes = numbers[0], *const strides = numbers + 3 + axes;
      for (int k = 0; k < s.inputs; ++k) {
        int const from = storage_of(g_, nodes[k]), to = nodes[s.inputs];
        if (!is_product(g_.nodes.items[from].code) || last_.items[from] != t || kept_.items[from]) continue;
        if (where_.items[from].place != arena_place || where_.items[to].place >= 0 || bytes(from) != bytes(to))
          continue;
        bool fits = true;  // element by element
        for (std::int64_t a = 0; a < axes; ++a) fits = fits && strides[k * axes + a] == strides[s.inputs * axes + a];
        for (int j = 0; j < s.inputs; ++j) fits = fits && (j == k || storage_of(g_, nodes[j]) != from);
        if (!fits) continue;
        layout_.pass_on(bytes(to));
        where_.items[to] = where_.items[from];
        last_.items[from] = -2;
        return;
      }
    }
    constexpr int kernel_of(drafts const& part, draft const& d) {
      bool const is_custom = part.codes[d.code] == static_cast<int>(kernel_kind::custom);
      if (!is_custom) return p_.kernel(part.codes.items + d.code, d.code_size);
      list<int> code;
      for (int i = 0; i < d.code_size; ++i) code.push(part.codes[d.code + i]);
      p_.customs.push(d.custom);
      code.push(p_.customs.size() - 1);
      return p_.kernel(code.items, code.size());
    }
    constexpr address operand_address(int j) const {
      int const s = storage_of(g_, j);
      node const& n = g_.nodes.items[s];
      if (n.code == op::scalar) return {scalar_place, static_cast<std::int64_t>(sizeof(double)) * n.a[0]};
      return where_.items[s];
    }

    constexpr void add_loop(group const& m, int t, list<step_entry>& own) {
      int const id = m.members[0];
      loop const& l = g_.loop_of(id);
      graph const& body = *l.body;
      list<char> const& live = planned_.groups.live;
      loop_entry entry;
      entry.count = l.count;
      entry.reversed = l.reversed;
      entry.carries = l.carries;
      list<loop_binding> binds;
      list<placed_node> leaves, results;
      for (int q = 0; q < l.operands.size(); ++q) {
        loop_binding b;
        b.at = operand_address(l.operands[q]);
        if (q >= l.carries + l.invariants) b.stride = stride(l.operands[q], body, l.arguments[q]);
        binds.push(b);
        leaves.push({l.arguments[q], {static_cast<std::int16_t>(operand_place + q), 0}});
      }
      for (int k : used_results(l, live)) {
        int const out = l.outputs[k];
        if (live[out]) allocate(out);
        loop_binding b;
        b.at = live[out] ? where_[out] : address{};
        if (k >= l.carries) b.stride = stride(out, body, l.results[k]);
        if (k < l.carries) b.slot_bytes = aligned(slice_bytes(body, l.results[k]));
        results.push({l.results[k], {static_cast<std::int16_t>(operand_place + binds.size()), 0}});
        binds.push(b);
      }
      std::int64_t scratch = 0;
      entry.body = p_.place(body.number, leaves, results, scratch);
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
      p_.bindings.append(binds);
      step_entry s;
      s.loop = p_.loops.size();
      s.path = planned_.first_path + g_[id].path;
      s.variant = m.variant;
      p_.loops.push(entry);
      own.push(s);
      if (p_.trace) trace_loop(m, l, scratch);
      release(m, t);
      for (int o : l.outputs)  // outputs that nobody reads do not exist; those read by nobody later are kept by readers
        if (live[o] && last_[o] < 0 && !kept_[o] && where_[o].place == arena_place)
          layout_.give_back(where_[o].offset, bytes(o));
    }
    static constexpr std::int64_t slice_bytes(graph const& body, int node) {
      return body.extents(node).size() * bytes_of(body[node].type);
    }
    /// Bytes between the slices that the iterations have of a node.
    constexpr std::int64_t stride(int node, graph const& body, int slice) const {
      std::int64_t const apart = apart_.of(storage_of(g_, node), 0);
      return apart ? apart : slice_bytes(body, slice);
    }

    void trace_draft(group const& m, draft const& d, int const* nodes) {
      list<int> inputs, outputs;
      for (int k = 0; k < d.step.inputs; ++k) inputs.push(nodes[k]);
      for (int k = 0; k < d.step.outputs; ++k) outputs.push(nodes[d.step.inputs + k]);
      trace_step(m.members, inputs, outputs, d.workspace);
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
      for (int k : used_results(l, planned_.groups.live)) planned.push(l.outputs[k]);
      trace_step(m.members, l.operands, planned, scratch);
    }
    /// Bytes from the first element of a node to its last.
    std::int64_t span(int node) const {
      int const s = storage_of(g_, node);
      if (g_[s].code == op::scalar) return sizeof(double);
      shape const& e = g_.extents(s);
      std::int64_t const first = apart_.of(s, 0), second = apart_.of(s, 1);
      if (!first) return bytes(s);
      std::int64_t slice = bytes(s) / e[0];
      if (second) slice = (e[1] - 1) * second + slice / e[1];
      return (e[0] - 1) * first + slice;
    }

    plan_builder& p_;
    planned_graph const& planned_;
    graph const& g_;
    arena_layout layout_;
    slice_distances apart_;
    list<address> where_;
    list<int> last_;
    list<char> kept_;
    list<traced_step> traced_;
  };

  constexpr int kernel(int const* wanted, int size) {
    int const count = kernel_begin.size() - 1;
    int const* const begin = kernel_begin.items;
    for (int k = 0; k < count; ++k) {
      if (begin[k + 1] - begin[k] != size) continue;
      int const* const known = kernel_code.items + begin[k];
      int i = 0;
      while (i < size && known[i] == wanted[i]) ++i;
      if (i == size) return k;
    }
    for (int i = 0; i < size; ++i) kernel_code.push(wanted[i]);
    kernel_begin.push(kernel_code.size());
    return count;
  }

 public:
  constexpr list<placed_node> const& inputs() const { return inputs_; }

 private:
  list<planned_graph> const& graphs_;
  placed_variables const& variables_;
  list<drafts const*> const& drafted_;
  bool reuse_;
  list<placed_node> inputs_;
  std::int64_t nested_total_ = 0;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
