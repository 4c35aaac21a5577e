// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/core/indexing.hpp>
#include <ashlar/plan/summary.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// "12 mul f32 [64, 10] x batch (0.weight)": one node of a graph in words.
inline std::string node_text(graph const& g, int id) {
  node const& n = g[id];
  std::string s = std::to_string(id) + " " + name_of(n.code) + " " + name_of(n.type) + " " + shape_text(n.extents);
  if (n.code == op::constant) s += " = " + std::to_string(n.number);
  if (n.rows) s += " rows";
  std::string path = g.paths.text(n.path);
  if (!path.empty()) s += " (" + path + ")";
  if (n.at.file) {
    std::string file = n.at.file;
    std::size_t slash = file.find_last_of('/');
    s += " at " + (slash == std::string::npos ? file : file.substr(slash + 1)) + ":" + std::to_string(n.at.line);
  }
  return s;
}

inline void write_dot(graph const& g, list<int> const& outputs, pass_options options, std::string const& prefix,
                      std::string& out) {
  grouping const groups = fusion(g, outputs, options).run();
  auto name = [&](int id) { return prefix + std::to_string(id); };
  auto write_node = [&](int id) { out += "  " + name(id) + " [label=\"" + node_text(g, id) + "\"];\n"; };
  for (int m = 0; m < groups.groups.size(); ++m) {
    if (groups.groups[m].members.empty()) continue;
    out += "  subgraph cluster_" + prefix + std::to_string(m) + " {\n";
    for (int id : groups.groups[m].members) write_node(id);
    out += "  }\n";
  }
  for (int id = 0; id < g.size(); ++id) {
    if (!groups.live[id]) continue;
    if (groups.of[id] < 0) write_node(id);
    g.each_operand(id, [&](int j) {
      if (j >= 0) out += "  " + name(j) + " -> " + name(id) + ";\n";
    });
    if (g[id].code == op::loop) {
      loop const& l = g.loop_of(id);
      std::string inner = name(id) + "_";
      write_dot(*l.body, l.results, options, inner, out);
      out += "  " + name(id) + " -> " + inner + std::to_string(l.arguments[0]) + " [style=dotted];\n";
    }
  }
}

/// The graph of a program, recorded again at run time.
template <class Program>
void record_again(recording& clean) {
  recording raw;
  Program::recorder::record(raw);
  clean.outputs = raw.outputs;
  rebuild(raw.g, clean.g, clean.outputs);
}

}  // namespace detail

/// The program's graph in Graphviz's language: a box around the nodes of each kernel.
template <class Program>
std::string to_dot(program_summary<Program> const&) {
  detail::recording r;
  detail::record_again<Program>(r);
  std::string out = "digraph ashlar {\n  node [shape=box, fontname=\"monospace\"];\n";
  detail::write_dot(r.g, r.outputs, Program::options, "n", out);
  return out + "}\n";
}

/// The program's kernels in the order in which they run, with the nodes that each computes and the memory they use.
template <class Program>
std::string to_text(program_summary<Program> const& s) {
  detail::recording r;
  detail::record_again<Program>(r);
  std::string out = std::to_string(s.parameters) + " parameters, " + std::to_string(s.nodes) + " nodes, " +
                    std::to_string(s.steps) + " steps of " + std::to_string(s.kernels) + " kernels, arena " +
                    std::to_string(s.arena_bytes) + " bytes (" + std::to_string(s.arena_bytes_without_reuse) +
                    " without reuse)\n";
  auto write = [&](auto&& self, detail::graph const& g, detail::list<int> const& outputs,
                   std::string const& indent) -> void {
    detail::grouping const groups = detail::fusion(g, outputs, Program::options).run();
    int number = 0;
    for (int m : groups.order) {
      out += indent + "step " + std::to_string(number++) + "\n";
      for (int id : groups.groups[m].members) {
        out += indent + "  " + detail::node_text(g, id) + "\n";
        if (g[id].code == detail::op::loop) {
          detail::loop const& l = g.loop_of(id);
          out += indent + "  " + std::to_string(l.count) + " times" + (l.reversed ? ", backward" : "") + ":\n";
          self(self, *l.body, l.results, indent + "    ");
        }
      }
    }
  };
  write(write, r.g, r.outputs, "");
  return out;
}

}  // namespace ashlar::inline ASHLAR_ABI
