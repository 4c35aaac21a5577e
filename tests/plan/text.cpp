// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

inline constexpr auto network = linear<4> | repeat<2>(linear<4>) | named<"middle">(relu | linear<5>) | linear<3>;
constexpr auto plan = training_plan(network, input<2>, cross_entropy, sgd{}, batch<8>);

std::set<std::string> matches(std::string const& text, char const* pattern, std::size_t group) {
  std::regex const wanted(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), wanted), end; at != end; ++at) found.insert((*at)[group]);
  return found;
}

}  // namespace

TEST_CASE("to_dot: a graph whose braces are closed and whose edges join nodes that are there") {
  std::string const dot = to_dot(plan);
  CHECK(dot.substr(0, 17) == "digraph ashlar {\n");
  CHECK(std::count(dot.begin(), dot.end(), '{') == std::count(dot.begin(), dot.end(), '}'));
  CHECK(std::count(dot.begin(), dot.end(), '"') % 2 == 0);
  std::set<std::string> const nodes = matches(dot, "\n *(n[0-9_n]+) \\[label", 1);
  std::set<std::string> ends = matches(dot, "(n[0-9_n]+) -> ", 1);
  ends.merge(matches(dot, " -> (n[0-9_n]+)", 1));
  CHECK(nodes.size() > 50);
  for (std::string const& end : ends) {
    CAPTURE(end);
    CHECK(nodes.count(end) == 1);
  }
}

TEST_CASE("to_dot: nodes say what they compute, in which layer, and loops show their bodies") {
  std::string const dot = to_dot(plan);
  for (char const* part : {"matmul float32 [8, 3] rows (3)", "relu float32 [8, 4] rows (middle.0)",
                           "loop float32 [] (1)", "style=dotted", "assign float32 "}) {
    CAPTURE(part);
    CHECK(dot.find(part) != std::string::npos);
  }
}

TEST_CASE("to_text: it begins with the plan's numbers") {
  std::string const text = to_text(plan);
  CHECK(text.substr(0, text.find('\n')) == std::to_string(plan.parameters) + " parameters, " +
                                               std::to_string(plan.nodes) + " nodes, " + std::to_string(plan.steps) +
                                               " steps of " + std::to_string(plan.kernels) + " kernels, arena " +
                                               std::to_string(plan.arena_bytes) + " bytes (" +
                                               std::to_string(plan.arena_bytes_without_reuse) + " without reuse)");
}

TEST_CASE("to_text: forward comes before backward, the update last, loops show their bodies") {
  std::string const text = to_text(plan);
  auto at = [&](char const* part) {
    CAPTURE(part);
    std::size_t const found = text.find(part);
    CHECK(found != std::string::npos);
    return found;
  };
  CHECK(at("matmul float32 [8, 3] rows (3)") < at("2 times, backward:"));
  CHECK(at("  2 times:") < at("matmul float32 [8, 3] rows (3)"));
  CHECK(at("2 times, backward:") < at("assign float32 "));
}
