// SPDX-License-Identifier: MIT
#include <ashlar/plan/dot.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <regex>
#include <set>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

inline constexpr auto network =
    linear<4> | repeat<2>(linear<4>) | named<"the \"middle\"">(relu | dropout<0.5> | linear<5>) | linear<3>;
constexpr auto plan = training_plan(network, input<2>, cross_entropy, sgd{}, batch<8>);

std::multiset<std::string> matches(std::string const& text, char const* pattern) {
  std::regex const wanted(pattern);
  std::multiset<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), wanted), end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

}  // namespace

TEST_CASE("to_dot: a graph whose braces are closed and whose edges join nodes that are there") {
  std::string const dot = to_dot(plan);
  CHECK(dot.substr(0, 17) == "digraph ashlar {\n");
  CHECK(std::count(dot.begin(), dot.end(), '{') == std::count(dot.begin(), dot.end(), '}'));
  CHECK(matches(dot, "([^\\\\])\"").size() % 2 == 0);
  std::multiset<std::string> const nodes = matches(dot, "\n *(n[0-9_n]+) \\[label");
  std::multiset<std::string> ends = matches(dot, "(n[0-9_n]+) -> ");
  ends.merge(matches(dot, " -> (n[0-9_n]+)"));
  CHECK(nodes.size() > 50);
  for (std::string const& end : ends) {
    CAPTURE(end);
    CHECK(nodes.count(end) == 1);
  }
}

TEST_CASE("to_dot: arrows stand outside of the boxes of kernels, which would take in what they name") {
  std::string const dot = to_dot(plan);
  int boxes = 0;
  for (std::string const& box : matches(dot, "(subgraph cluster_[0-9]+ \\{\n  label=\"step [0-9]+: kernel[^}]*\\})")) {
    CAPTURE(box);
    CHECK(box.find("->") == std::string::npos);
    ++boxes;
  }
  CHECK(boxes > 20);
}

TEST_CASE("to_dot: nodes say what they compute, in which layer, and quotation marks in names are escaped") {
  std::string const dot = to_dot(plan);
  for (char const* part : {"matmul float32 [8, 3] rows (3)", "relu float32 [8, 4] rows (the \\\"middle\\\".0)",
                           "loop float32 [] (1)", "style=dotted", "assign float32 ", "random float32 [8, 4] rows"}) {
    CAPTURE(part);
    CHECK(dot.find(part) != std::string::npos);
  }
}

TEST_CASE("to_dot: one box for each step of the plan, labelled with the heads of to_text's steps") {
  std::string const dot = to_dot(plan);
  std::multiset<std::string> const boxes = matches(dot, "subgraph cluster_([0-9]+) ");
  CHECK(static_cast<int>(boxes.size()) == decltype(plan)::program::tables.sizes.steps);
  CHECK(std::set<std::string>(boxes.begin(), boxes.end()).size() == boxes.size());
  std::multiset<std::string> labels = matches(dot, "\n  label=\"(.*)\";\n"), heads;
  for (std::string const& head : matches(to_text(plan), "\n *(step .*)"))
    heads.insert(std::regex_replace(head, std::regex("\""), "\\\""));
  CHECK(labels == heads);
}
