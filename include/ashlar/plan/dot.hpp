// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/plan/summary.hpp>
#include <ashlar/plan/traced_plan.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// Writes a plan in Graphviz's language.
class plan_dot {
 public:
  plan_dot(traced_plan const& t, joined_words joined) : t_(t), joined_(joined) {}

  std::string take() {
    out_ = "digraph ashlar {\n  node [shape=box, fontname=\"monospace\"];\n  fontname=\"monospace\";\n";
    write_body(t_.plan.top, "n", "");
    return static_cast<std::string&&>(out_ += "}\n");
  }

 private:
  void write_body(int body, std::string const& prefix, std::string const& outer) {
    traced_body const& traced = t_.trace.bodies[body];
    graph const& g = *traced.planned;
    list<int> copies(g.size(), 0);  // in how many steps a node is computed
    for (traced_step const& s : traced.steps)
      for (int id : s.nodes) ++copies[id];
    std::string arrows;  // outside of the boxes: what one names inside would move into it
    for (int s = 0; s < traced.steps.size(); ++s) {
      int const step = t_.plan.pools.bodies[body].first_step + s;
      out_ +=
          "  subgraph cluster_" + std::to_string(step) + " {\n  label=" + quoted(step_text(t_, step, joined_)) + ";\n";
      auto name = [&](int id) {
        bool const is_own = copies[id] > 1 && traced.steps[s].nodes.find(id) >= 0;
        return prefix + std::to_string(id) + (is_own ? "_n" + std::to_string(step) : "");
      };
      for (int id : traced.steps[s].nodes) write_node(g, id, name, outer, arrows);
      write_loop(g, step, traced.steps[s].nodes[0], prefix, outer);
      out_ += "  }\n";
    }
    auto plain_name = [&](int id) { return prefix + std::to_string(id); };
    for (int id = 0; id < g.size(); ++id)
      if (traced.live[id] && copies[id] == 0) write_node(g, id, plain_name, outer, arrows);
    out_ += arrows;
  }
  void write_loop(graph const& g, int step, int id, std::string const& prefix, std::string const& outer) {
    int const l = t_.plan.pools.steps[step].loop;
    if (l < 0) return;
    std::string const inner = prefix + std::to_string(id) + "_";
    write_body(t_.plan.pools.loops[l].body, inner, body_path(g, id, outer));
    traced_body const& body = t_.trace.bodies[t_.plan.pools.loops[l].body];
    for (int argument : g.loop_of(id).arguments)
      if (body.live[argument])
        out_ += "  " + prefix + std::to_string(id) + " -> " + inner + std::to_string(argument) + " [style=dotted];\n";
  }
  /// Writes a node, and the arrows from its operands into `arrows`; name(id): what nodes are called where it stands.
  template <class Name>
  void write_node(graph const& g, int id, Name name, std::string const& outer, std::string& arrows) {
    out_ += "  " + name(id) + " [label=" + quoted(node_text(g, id, outer)) + "];\n";
    g.each_operand(id, [&](int j) { arrows += "  " + name(j) + " -> " + name(id) + ";\n"; });
  }
  static std::string quoted(std::string const& text) {
    std::string out = "\"";
    for (char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + "\"";
  }

  traced_plan const& t_;
  joined_words joined_;
  std::string out_;
};

}  // namespace detail

/// The program's plan in Graphviz's language: a box around the nodes that each step computes, labelled as in to_text,
/// and in a loop's box that of its body; a cheap value that several steps compute stands in each of them. What no step
/// computes (leaves, views, values that every reader makes again) stands outside the boxes. Arrows lead from operands
/// to readers, dotted ones from a loop to its body's arguments.
template <class Program, class Policy>
std::string to_dot(program_summary<Program, Policy> const&) {
  detail::traced_program<Program> const t;
  return detail::plan_dot(t, detail::joined_by<Program, Policy>()).take();
}

}  // namespace ashlar::inline ASHLAR_ABI
