// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/plan/summary.hpp>
#include <ashlar/plan/traced_plan.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// Writes a plan's steps as lines.
class plan_text {
 public:
  plan_text(traced_plan const& t, joined_words joined) : t_(t), p_(t.plan), joined_(joined) {}

  std::string take() {
    write_body(p_.top, "", "", nullptr);
    return static_cast<std::string&&>(out_);
  }

 private:
  void write_body(int body, std::string const& indent, std::string const& outer, loop_entry const* around) {
    body_entry const& b = p_.pools.bodies[body];
    for (int s = 0; s < b.step_count; ++s) {
      step_entry const& entry = p_.pools.steps[b.first_step + s];
      traced_body const& traced = t_.trace.bodies[body];
      out_ += indent + step_text(t_, b.first_step + s, joined_) + "\n";
      place_of_step const now{*traced.planned, traced.steps[s], indent + "  ", outer, around};
      if (entry.loop >= 0)
        write_loop(p_.pools.loops[entry.loop], now);
      else
        write_kernel(entry, now);
    }
  }

  struct place_of_step {
    graph const& g;
    traced_step const& step;
    std::string indent, outer;
    loop_entry const* around;  // nullptr: not in a loop

    std::string node(int id) const { return node_text(g, id, outer); }
    /// Of a view also what it shows.
    std::string read_node(int id) const { return node(id) + (is_view(g[id].code) ? of(g, id) : ""); }
  };

  void write_kernel(step_entry const& s, place_of_step const& now) {
    graph const& g = now.g;
    address const* const at = p_.pools.operands.begin() + s.operands;
    int const inputs = now.step.inputs.size(), operands = inputs + now.step.outputs.size();
    list<int> again;
    each_made_again(g, now.step, [&](int id) { again.push(id); });
    for (int k = 0; k < inputs; ++k) {
      int const id = now.step.inputs[k];
      if (again.find(id) < 0) line(now, "reads " + now.read_node(id) + ": " + memory(now, id, at[k], k));
    }
    for (int id : again) line(now, "makes again " + now.node(id) + of(g, id));
    for (int id : now.step.nodes) line(now, "computes " + now.node(id) + of(g, id));
    for (int k = inputs; k < operands; ++k) {
      int const id = now.step.outputs[k - inputs];
      line(now, "writes " + std::to_string(id) + ": " + memory(now, id, at[k], k));
    }
    if (s.operand_count > operands) line(now, "works in " + range(now, at[operands], now.step.spans[operands]));
  }

  void write_loop(loop_entry const& l, place_of_step const& now) {
    loop const& made = now.g.loop_of(now.step.nodes[0]);
    loop_binding const* const binds = p_.pools.bindings.begin() + l.bindings;
    for (int q = 0; q < l.arguments; ++q) {
      int const id = now.step.inputs[q];
      std::string what = q < l.carries ? ", then the result before" : "";
      if (q >= l.carries + made.invariants) what = slices(binds[q]);
      line(now, "argument " + std::to_string(q) + " is " + now.read_node(id) + ": " + memory(now, id, binds[q].at, q) +
                    what);
    }
    for (int k = 0; k < l.results; ++k) {
      loop_binding const& b = binds[l.arguments + k];
      int const id = now.step.outputs[k];
      line(now, "result " + std::to_string(k) + " is " + now.node(id) + ": " + memory(now, id, b.at, l.arguments + k) +
                    (k < l.carries ? slots(b) : slices(b)));
    }
    line(now, "own scratch is " + range(now, {arena_place, l.scratch}, now.step.spans[l.arguments + l.results]));
    write_body(l.body, now.indent, body_path(now.g, now.step.nodes[0], now.outer), &l);
  }
  static std::string slices(loop_binding const& b) {
    return ", one slice every " + std::to_string(b.stride) + " bytes";
  }
  static std::string slots(loop_binding const& b) {
    auto slot = [&](int k) { return interval(b.slot + k * b.slot_bytes, b.slot_bytes); };
    return ", before the last iteration own scratch " + slot(0) + " and " + slot(1);
  }

  void line(place_of_step const& now, std::string const& text) { out_ += now.indent + text + "\n"; }

  /// " of 3, 0": the operands of a node.
  static std::string of(graph const& g, int id) {
    std::string out;
    for (int j : g[id].in)
      if (j >= 0) out += (out.empty() ? " of " : ", ") + std::to_string(j);
    return out;
  }
  static std::string interval(std::int64_t begin, std::int64_t bytes) {
    return "[" + std::to_string(begin) + ", " + std::to_string(begin + bytes) + ")";
  }
  static std::string range(place_of_step const& now, address const& a, std::int64_t bytes) {
    static constexpr char const* places[] = {"arena", "scalars", "parameters", "states", "slots"};
    if (a.place < 0) return "no memory";
    if (a.place == arena_place && now.around) return "scratch " + interval(a.offset, bytes);
    if (a.place < operand_place) return places[a.place] + (" " + interval(a.offset, bytes));
    int const k = a.place - operand_place, results = now.around->arguments;
    return (k < results ? "argument " + std::to_string(k) : "result " + std::to_string(k - results)) + " " +
           interval(a.offset, bytes);
  }
  /// Operand k of a step, node `id`: where it lies, and its name where it is a parameter or state.
  std::string memory(place_of_step const& now, int id, address const& a, int k) const {
    std::string const name = now.g.parent ? "" : variable(storage_of(now.g, id));
    return range(now, a, now.step.spans[k]) + (name.empty() ? "" : " ") + name;
  }
  std::string variable(int node) const {
    graph const& g = t_.recorded.g;
    for (int k = 0; k < g.parameters.size(); ++k)
      if (g.parameters[k].node == node) return name_of_variable(p_.parameters[k]);
    for (int k = 0; k < g.states.size(); ++k)
      if (g.states[k].node == node) return name_of_variable(p_.states[k]);
    return "";
  }
  std::string name_of_variable(variable_info const& v) const {
    return path_text(p_.pools.names.begin() + v.name, v.name_length);
  }

  traced_plan const& t_;
  full_plan const& p_;
  joined_words joined_;
  std::string out_;
};

}  // namespace detail

/// The program's plan, step by step in the order in which it runs. The first line is the summary in numbers. Then for
/// each step its number in the plan's table, its kernel and what kind of kernel that is, its layer, and, where the
/// update has variants of which a trainer runs one, which of them it belongs to; in a trainer's summary also what the
/// cpu policy does of it together with another step ("adds the bias of step 4 on the way to memory"); and below it
/// * `reads`: an operand and where it lies, as the bytes [first, last) of the arena, the scalars, the parameters, the
///   states or the optimizer's slots, with the name of a parameter or state;
/// * `makes again`: a constant, iota, broadcast or random numbers that the kernel makes itself;
/// * `computes`: a node with its shape, dtype, layer, the user's file and line, and its operands;
/// * `writes`: where a node that others need lies; `works in`: memory of the step's own.
/// A loop says how often it runs and in which direction; what its arguments and results are outside, and how far apart
/// the iterations' slices are (a carry moves between two blocks of scratch until the last iteration); and where its own
/// scratch lies. Then come its body's steps: numbered in the plan's table as the others, with nodes numbered anew, and
/// with `scratch` for what the arena is outside.
template <class Program, class Policy>
std::string to_text(program_summary<Program, Policy> const& s) {
  detail::traced_program<Program> const t;
  return std::to_string(s.parameters) + " parameters, " + std::to_string(s.nodes) + " nodes, " +
         std::to_string(s.steps) + " steps of " + std::to_string(s.kernels) + " kernels, arena " +
         std::to_string(s.arena_bytes) + " bytes (" + std::to_string(s.arena_bytes_without_reuse) +
         " without reuse)\n" + detail::plan_text(t, detail::joined_by<Program, Policy>()).take();
}

/// Streams to_text.
template <class Stream, class Program, class Policy>
requires requires(Stream& out) { out << ""; }
Stream& operator<<(Stream& out, program_summary<Program, Policy> const& s) {
  out << to_text(s).c_str();
  return out;
}

}  // namespace ashlar::inline ASHLAR_ABI
