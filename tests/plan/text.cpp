// SPDX-License-Identifier: MIT
#include <ashlar/plan/text.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "support/networks.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

struct memory_range {
  std::string place;
  std::int64_t begin = 0, end = 0;
};
/// One line below a step: the number of its node (-1: none) and the memory it names.
struct printed_line {
  std::string text, verb;
  int node = -1, shown = -1;  // of a view what it shows, else the node
  bool has_memory = false;
  memory_range memory;
};
struct printed_step {
  int number = -1, kernel = -1;
  std::size_t indent = 0;
  std::string head;
  std::vector<printed_line> lines;
};

printed_line parse_line(std::string const& text) {
  static std::regex const node("^(?:reads|makes again|computes|writes|argument \\d+ is|result \\d+ is) (\\d+)");
  static std::regex const shows("(?:reshape|alias) .* of (\\d+): ");
  static std::regex const memory(
      "(arena|scratch|scalars|parameters|states|slots|argument \\d+|result \\d+) \\[(\\d+), (\\d+)\\)");
  printed_line l{text, text.substr(0, text.find(' ')), -1, -1, false, {}};
  std::smatch m;
  if (std::regex_search(text, m, node)) l.node = l.shown = std::stoi(m[1]);
  if (std::regex_search(text, m, shows)) l.shown = std::stoi(m[1]);
  if (std::regex_search(text, m, memory)) {
    l.has_memory = true;
    l.memory = {m[1], std::stoll(m[2]), std::stoll(m[3])};
  }
  return l;
}

/// The steps in printed order. Lines of a loop after its body's steps do not exist.
std::vector<printed_step> parse(std::string const& text) {
  static std::regex const head("step (\\d+): (?:kernel (\\d+))?.*");
  std::vector<printed_step> steps;
  std::istringstream in(text);
  std::string line;
  std::getline(in, line);  // the numbers of the plan
  while (std::getline(in, line)) {
    std::size_t const indent = line.find_first_not_of(' ');
    std::string const words = line.substr(indent);
    std::smatch m;
    if (std::regex_match(words, m, head))
      steps.push_back({std::stoi(m[1]), m[2].matched ? std::stoi(m[2]) : -1, indent, words, {}});
    else
      steps.back().lines.push_back(parse_line(words));
  }
  return steps;
}

std::string place_name(address const& a, loop_entry const* around) {
  static char const* const names[] = {"arena", "scalars", "parameters", "states", "slots"};
  if (a.place == arena_place && around) return "scratch";
  if (a.place < operand_place) return names[a.place];
  int const k = a.place - operand_place;
  return k < around->arguments ? "argument " + std::to_string(k) : "result " + std::to_string(k - around->arguments);
}

/// Compares what is printed with the tables that the compiler made.
template <class Program>
class comparison {
 public:
  explicit comparison(std::string const& text) : steps_(parse(text)) {}

  void run() {
    CHECK(static_cast<int>(steps_.size()) == tables.sizes.steps);
    compare_body(tables.top, 0, nullptr);
    CHECK(at_ == steps_.size());
  }

 private:
  static constexpr auto const& tables = Program::tables;

  void compare_body(int body, std::size_t indent, loop_entry const* around) {
    body_entry const& b = tables.bodies[body];
    for (int s = b.first_step; s < b.first_step + b.step_count && at_ < steps_.size(); ++s) {
      printed_step const& printed = steps_[at_++];
      CAPTURE(printed.head);
      CHECK(printed.number == s);
      CHECK(printed.kernel == tables.steps[s].kernel);
      CHECK(printed.indent == indent);
      int const loop = tables.steps[s].loop;
      if (loop < 0) {
        compare_operands(tables.steps[s], printed, around);
      } else {
        compare_loop(tables.loops[loop], printed, around);
        compare_body(tables.loops[loop].body, indent + 2, &tables.loops[loop]);
      }
    }
  }
  static bool is_made_again(step_entry const& s, int k) {
    int const* const code = tables.code + tables.kernel_begin[s.kernel];
    if (code[fused_code::kind] > static_cast<int>(kernel_kind::column) || k >= code[fused_code::inputs]) return false;
    int const e = fused_code::without_lane(code[fused_code::head + fused_code::input_size * k]);
    return e == static_cast<int>(element::iota) || e == static_cast<int>(element::random);
  }
  static void compare_operands(step_entry const& s, printed_step const& printed, loop_entry const* around) {
    std::vector<address> expected;
    for (int k = 0; k < s.operand_count; ++k)
      if (!is_made_again(s, k)) expected.push_back(tables.operands[s.operands + k]);
    compare(expected, printed, around);
  }
  static void compare_loop(loop_entry const& l, printed_step const& printed, loop_entry const* around) {
    std::string const times = std::to_string(l.count) + " times";
    CHECK(printed.head.find(": " + times) != std::string::npos);
    CHECK((printed.head.find(times + ", backward") != std::string::npos) == l.reversed);
    std::vector<address> expected;
    for (int k = 0; k < l.arguments + l.results; ++k)
      if (tables.bindings[l.bindings + k].at.place >= 0) expected.push_back(tables.bindings[l.bindings + k].at);
    expected.push_back({arena_place, l.scratch});
    compare(expected, printed, around);
  }
  static void compare(std::vector<address> const& expected, printed_step const& printed, loop_entry const* around) {
    std::size_t k = 0;
    for (printed_line const& line : printed.lines) {
      CAPTURE(line.text);
      if (!line.has_memory || line.text.find(": no memory") != std::string::npos) continue;
      REQUIRE(k < expected.size());
      CHECK(line.memory.place == place_name(expected[k], around));
      CHECK(line.memory.begin == expected[k].offset);
      CHECK(line.memory.begin < line.memory.end);
      ++k;
    }
    CHECK(k == expected.size());
  }

  std::vector<printed_step> const steps_;
  std::size_t at_ = 0;
};

template <class Recorder>
std::string checked_text() {
  using p = program<Recorder>;
  std::string const text = to_text(program_summary<p>{});
  comparison<p>(text).run();
  return text;
}

bool contains(std::string const& text, char const* pattern) { return std::regex_search(text, std::regex(pattern)); }

/// Blocks of the arena, each alive from the step that writes it to the last that reads it. Gradients live until the
/// exchange is read for the last time.
class life_search {
 public:
  explicit life_search(std::vector<printed_step> const& steps) {
    for (std::size_t s = 0; s < steps.size(); ++s)
      for (printed_line const& line : steps[s].lines) use(line, static_cast<int>(s));
  }
  int count() const { return static_cast<int>(lives_.size()); }
  /// Pairs that live together and overlap, but for a step that works in the place of what it reads last.
  int overlaps() const {
    int found = 0;
    for (auto i = lives_.begin(); i != lives_.end(); ++i)
      for (auto j = std::next(i); j != lives_.end(); ++j) {
        life a = extended(i->second), b = extended(j->second);
        bool const passed_on = a.at.begin == b.at.begin && a.at.end == b.at.end && a.last == b.first;
        found += !passed_on && a.first <= b.last && b.first <= a.last && a.at.begin < b.at.end && b.at.begin < a.at.end;
      }
    return found;
  }

 private:
  struct life {
    int first = 0, last = 0;
    memory_range at;
  };

  void use(printed_line const& line, int step) {
    if (line.memory.place != "arena") return;
    if (line.text.find(" exchange ") != std::string::npos) {
      exchange_ = {0, step, line.memory};
      return;
    }
    int const name = line.verb == "works" ? -1 - step : line.shown;
    int const begin = line.verb == "reads" ? 0 : step;  // what is read but never written is an input
    life& l = lives_.try_emplace(name, life{begin, step, line.memory}).first->second;
    CHECK(l.at.begin == line.memory.begin);
    l.last = step;
  }
  life extended(life l) const {
    bool const gradient = l.at.begin >= exchange_.at.begin && l.at.end <= exchange_.at.end;
    if (gradient) l.last = exchange_.last;
    return l;
  }

  std::map<int, life> lives_;
  life exchange_;
};

inline constexpr auto small = conv2d<2, 3> | relu | flatten | linear<4> | tanh | dropout<0.5> | linear<3>;
constexpr auto small_plan = training_plan(small, input<1, 6, 6>, cross_entropy, sgd{}, batch<8>);
/// Which operand of * is recorded first is open: the compiler's constants and its programs differ.
inline constexpr auto gated = [](auto x) { return linear<4>(x) * sigmoid(linear<4>(x)); };
inline constexpr auto unchanged = [](auto x) { return x; };
inline constexpr auto reshaped = [](auto x) { return reshape<6>(x); };
inline constexpr auto moved = [](auto x) {  // [6]
  auto numbers = permute<1, 0>(reshape<2, 3>(x));
  auto longer = reshape<14>(concat<0>(pad<0, 1>(numbers), cumsum<0>(slice<0, 0, 2>(numbers))));
  auto places = random_permutation(x);
  return scatter_add<0>(longer, places, take(longer, places)) + sum(avg_pool1d<2>(reshape<1, 1, 6>(x)));
};
inline constexpr auto total = [](auto x) { return sum(exp(x) * 0.5f); };
constexpr int line_of_total = __LINE__ - 1;

}  // namespace

TEST_CASE("to_text: it begins with the plan's numbers") {
  std::string const text = to_text(small_plan);
  CHECK(text.substr(0, text.find('\n')) ==
        std::to_string(small_plan.parameters) + " parameters, " + std::to_string(small_plan.nodes) + " nodes, " +
            std::to_string(small_plan.steps) + " steps of " + std::to_string(small_plan.kernels) + " kernels, arena " +
            std::to_string(small_plan.arena_bytes) + " bytes (" + std::to_string(small_plan.arena_bytes_without_reuse) +
            " without reuse)");
}

TEST_CASE("to_text is what a plan streams, to whatever takes text") {
  struct {
    std::string text;
    auto& operator<<(char const* more) { return text += more, *this; }
  } out;
  out << small_plan << "end";
  CHECK(out.text == to_text(small_plan) + "end");
  std::ostringstream stream;
  stream << small_plan << "end";
  CHECK(stream.str() == out.text);
}

TEST_CASE("to_text: steps, kernels and memory are those of the compiler's tables") {
  checked_text<proof::image_step<float, 8>>();
  checked_text<proof::penalised_step<float, 8>>();
  std::string const text = checked_text<
      proof::step_of<float, std::remove_cvref_t<decltype(gated)>, input_type<float, 3>, mse_loss, sgd, 4>::recorder>();
  CHECK(contains(text, "sigmoid float32 \\[4, 4\\] rows"));
}

TEST_CASE("to_text: loops and loops in loops show their bodies, indented, with paths from the network on") {
  std::string const text = checked_text<proof::loop_step<float, 8>>();
  for (char const* part : {"\nstep \\d+: 3 times, layer 1\n", "\nstep \\d+: 2 times, backward, layer 2\n",
                           "\n  step \\d+: 2 times, layer 2\\.\\{i\\}\\.1\n",
                           "\n    step \\d+: kernel \\d+ \\(matmul\\), layer 2\\.\\{i\\}\\.1\\.\\{i\\}\\.0\n",
                           "\n  argument \\d+ is .* 1\\.\\{i\\}\\.0\\.weight, one slice every \\d+ bytes\n"}) {
    CAPTURE(part);
    CHECK(contains(text, part));
  }
}

TEST_CASE("to_text: blocks of the arena that live together do not overlap") {
  life_search const lives(parse(to_text(small_plan)));
  CHECK(lives.count() > 20);
  CHECK(lives.overlaps() == 0);
}

TEST_CASE("to_text: what a kernel makes again is there, and what it reads has its name") {
  std::string const text = to_text(small_plan);
  for (char const* part : {"\n  makes again \\d+ random float32 \\[8, 4\\] rows of stream \\d+ \\(5\\)",
                           "\n  makes again \\d+ constant float32 \\[8, 4\\] rows = 0.5 \\(5\\)",
                           "\n  makes again \\d+ iota int32 ", "\n  makes again \\d+ broadcast float32 ",
                           "\n  reads \\d+ parameter float32 .* parameters \\[\\d+, \\d+\\) 3\\.weight\n",
                           "\n  reads \\d+ input float32 \\[8, 1, 6, 6\\] rows: arena ", "\n  works in arena "}) {
    CAPTURE(part);
    CHECK(contains(text, part));
  }
}

TEST_CASE("to_text: states are called by their names") {
  std::string const text = to_text(program_summary<program<proof::image_step<float, 8>>>{});
  CHECK(contains(text, "\n  writes \\d+: states \\[\\d+, \\d+\\) 1\\.running_mean\n"));
}

TEST_CASE("to_text: an update's variants are told apart where there are several") {
  std::string const text = to_text(small_plan);
  CHECK(contains(text, "\nstep \\d+: kernel \\d+ \\(row\\), layer optimizer, variant 1 of 2\n"));
  CHECK(contains(text, "\nstep \\d+: kernel \\d+ \\(row\\), layer optimizer, variant 2 of 2\n"));
  CHECK(!contains(to_text(program_summary<program<proof::image_step<float, 8>>>{}), "variant"));
}

TEST_CASE("to_text: the copy of an output that has no memory of its own is a step") {
  std::string const leaf = checked_text<function_recorder<std::remove_cvref_t<decltype(unchanged)>, value<2, 3>>>();
  CHECK(
      contains(leaf, "\n  reads (\\d+) input .*\n  computes (\\d+) convert float32 \\[2, 3\\] of \\1\n  writes \\2: "));
  checked_text<function_recorder<std::remove_cvref_t<decltype(reshaped)>, value<2, 3>>>();
}

TEST_CASE("to_text: kernels have the names of what they do") {
  std::string const text = checked_text<function_recorder<std::remove_cvref_t<decltype(moved)>, value<6>>>();
  for (char const* name :
       {"row", "move", "pad", "concat", "cumsum", "gather", "scatter", "permutation", "window_sum"}) {
    CAPTURE(name);
    CHECK(text.find(" (" + std::string(name) + ")") != std::string::npos);
  }
  CHECK(name_of(kernel_kind::custom) == std::string("custom"));
}

TEST_CASE("to_text: nodes say where the user wrote them") {
  std::string const text = checked_text<function_recorder<std::remove_cvref_t<decltype(total)>, value<2, 3>>>();
  CHECK(contains(text, (" exp float32 \\[2, 3\\] at text\\.cpp:" + std::to_string(line_of_total)).c_str()));
}

TEST_CASE("numbers of constants read back as the same number") {
  CHECK(constant_text(0.5) == "0.5");
  CHECK(constant_text(1e-8) == "1e-08");
  CHECK(std::stod(constant_text(1 / 3.0)) == 1 / 3.0);
}
