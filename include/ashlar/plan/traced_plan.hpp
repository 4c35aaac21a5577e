// SPDX-License-Identifier: MIT
#pragma once
#include <charconv>
#include <string>

#include <ashlar/core/indexing.hpp>
#include <ashlar/plan/frozen_recording.hpp>
#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The recording that a program's plan was made of. Costs the compiler a second recording, in programs that ask and are
/// not planned in stages anyway.
template <class Program>
class program_recording {
  template <int Nodes, int Numbers, int Paths, int Variables>
  static constexpr auto freeze() {
    frozen_recording<Nodes, Numbers, Paths, Variables> frozen;
    recording clean;
    record_and_rebuild<typename Program::planned_recorder>(clean);
    frozen.freeze(clean);
    return frozen;
  }
  static constexpr plan_sizes sizes = Program::tables.sizes;
  static constexpr int nodes = Program::tables.counts.nodes;

  template <int... None>
  static constexpr auto guess = freeze<nodes, 4 * nodes + 64, sizes.paths / 2, sizes.parameters + sizes.states>();

 public:
  static void thaw(recording& to) {
    if constexpr (Program::staged) {
      rebuilt_stage<typename Program::recorded>::fit().thaw(to);
    } else if constexpr (guess<>.fits()) {
      guess<>.thaw(to);
    } else {
      constexpr recording_size size = guess<>.size();
      static constexpr auto exact = freeze<size.nodes, size.numbers, size.paths, size.variables>();
      exact.thaw(to);
    }
  }
};

/// A plan made while the program runs, and which nodes each step computes: the planner's own account.
struct traced_plan {
  recording recorded;
  plan_trace trace;
  full_plan plan;

  explicit traced_plan(pass_options options) : plan(options) {}
  traced_plan(traced_plan const&) = delete;
  traced_plan& operator=(traced_plan const&) = delete;

  /// Plans what was recorded.
  void make() {
    plan.pools.trace = &trace;
    make_plan(recorded.g, recorded.outputs, plan);
  }
  /// In how many variants the update exists; a program runs one of them.
  int variants() const {
    int n = 0;
    for (step_entry const& s : plan.pools.steps) n = s.variant > n ? s.variant : n;
    return n;
  }
};

/// The plan of a program, step for step the compiler's: made of the compiler's recording by the same functions.
template <class Program>
struct traced_program : traced_plan {
  traced_program() : traced_plan(Program::options) {
    program_recording<Program>::thaw(recorded);
    make();
  }
};

/// Calls f once for each of a step's nodes' operands that the step makes again instead of reading it: constants, iota,
/// random numbers, broadcasts. Kernels of one node read them where they lie.
template <class F>
void each_made_again(graph const& g, traced_step const& s, F f) {
  op const code = g[s.nodes.back()].code;
  if (!is_pointwise(code) && !is_reduction(code)) return;
  list<int> found;
  auto visit = [&](auto&& self, int id) -> void {
    g.each_operand(id, [&](int j) {
      if (!is_inlined(g[j].code) || s.nodes.find(j) >= 0 || found.find(j) >= 0) return;
      self(self, j);
      found.push(j);
    });
  };
  for (int id : s.nodes) visit(visit, id);
  for (int id : found) f(id);
}

/// The shortest spelling that reads back as the same number.
inline std::string constant_text(double x) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, x).ptr);
}

/// A path of a plan's names.
inline std::string path_text(char const* begin, int length) {
  std::string s;
  for (char const c : std::string_view(begin, static_cast<std::size_t>(length))) c == '\1' ? s += "{i}" : s += c;
  return s;
}

/// The path of a layer of a graph whose own path is `outer` (a loop's body; else empty): "1.{i}.0".
inline std::string layer_text(graph const& g, int path, std::string const& outer) {
  std::string const inner = g.paths.text(path);
  return outer + (outer.empty() || inner.empty() ? "" : ".") + inner;
}
/// The path of a body's layers: that of its loop, and the iteration.
inline std::string body_path(graph const& g, int loop, std::string const& outer) {
  std::string const path = layer_text(g, g[loop].path, outer);
  return path + (path.empty() ? "{i}" : ".{i}");
}

/// "12 mul float32 [64, 10] rows (0.weight) at digits.cpp:9": one node of a graph in words. Constants add their value,
/// iota its axis, random numbers their stream.
inline std::string node_text(graph const& g, int id, std::string const& outer) {
  node const& n = g[id];
  std::string s = std::to_string(id) + " " + name_of(n.code) + " " + name_of(n.type) + " " + shape_text(n.extents);
  if (n.rows) s += " rows";
  if (n.code == op::constant) s += " = " + constant_text(n.number);
  if (n.code == op::iota) s += " along axis " + std::to_string(n.a[0]);
  if (n.code == op::random) s += " of stream " + std::to_string(static_cast<std::int64_t>(n.a[1]) << 32 | n.a[0]);
  std::string const layer = layer_text(g, n.path, outer);
  if (!layer.empty()) s += " (" + layer + ")";
  if (n.at.file) {
    std::string const file = n.at.file;
    s += " at " + file.substr(file.find_last_of('/') + 1) + ":" + std::to_string(n.at.line);
  }
  return s;
}

/// What a policy does of a step together with others, in words; empty: it stands alone.
using joined_words = std::string (*)(int step);

template <class Program, class Policy>
constexpr joined_words joined_by() {
  if constexpr (requires { &Policy::template joined<Program>; })
    return &Policy::template joined<Program>;
  else
    return [](int) { return std::string(); };
}

/// "step 3: kernel 2 (matmul), layer 0, variant 1 of 2" or "step 9: 3 times, backward, layer 1", and then what it is
/// joined with.
inline std::string step_text(traced_plan const& t, int step, joined_words joined) {
  step_entry const& s = t.plan.pools.steps[step];
  std::string out = "step " + std::to_string(step) + ": ";
  if (s.loop >= 0) {
    loop_entry const& l = t.plan.pools.loops[s.loop];
    out += std::to_string(l.count) + " times" + (l.reversed ? ", backward" : "");
  } else {
    auto const kind = static_cast<kernel_kind>(t.plan.pools.kernel_code[t.plan.pools.kernel_begin[s.kernel]]);
    out += "kernel " + std::to_string(s.kernel) + " (" + name_of(kind) + ")";
  }
  list<int> const& paths = t.plan.pools.paths;
  std::string const layer = path_text(t.plan.pools.names.begin() + paths[2 * s.path], paths[2 * s.path + 1]);
  if (!layer.empty()) out += ", layer " + layer;
  if (s.variant && t.variants() > 1)
    out += ", variant " + std::to_string(s.variant) + " of " + std::to_string(t.variants());
  std::string const together = joined(step);
  return together.empty() ? out : out + "; " + together;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
