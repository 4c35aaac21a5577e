// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <set>
#include <string>

#include <ashlar/ashlar.hpp>

using namespace ashlar;
using namespace ashlar::detail;

namespace {

constexpr int first_line = __LINE__;
struct every_form {
  constexpr auto operator()(auto x, auto y) const {
    auto a = x + y;
    auto b = 2.0f * x - mean_keep(y, axes<-1>);
    auto c = log_softmax(a * b);
    auto d = (linear<3> | relu | layer_norm)(c);
    auto e = (linear<3> | [](auto v) { return v * sigmoid(v); })(d);
    auto f = repeat<2>([](auto v) { return tanh(v) + v; })(e);
    auto energy = [](auto v) { return sum(square(v)); };
    auto h = select(x >= y, x, 0.0f) + select(y <= 1.0f, 2.0f, y);
    h += y;
    auto k = repeat<2>([=](auto v) {
      auto captured = tanh(d) * e;
      return v * captured;
    })(f);
    return sum(h) * matmul(transpose(k), grad<0>(energy)(d));
  }
};
constexpr int lines_of_calls[] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16};

/// The lines of the nodes of g, counted from first_line; 0: without one.
void collect(graph const& g, std::set<int>& lines) {
  for (int i = 0; i < g.size(); ++i) {
    op const code = g[i].code;
    if (code == op::input || code == op::argument || code == op::constant) continue;
    CAPTURE(i);
    std::string const file = g[i].at.file ? g[i].at.file : "";
    CHECK(file.substr(file.find_last_of('/') + 1) == "provenance.cpp");
    lines.insert(g[i].at.line - first_line);
    if (code == op::loop) collect(*g.loop_of(i).body, lines);
  }
}

}  // namespace

TEST_CASE("every node of operators, functions, layers, loops and gradients knows the user's line") {
  recording r;
  function_recorder<every_form, value<2, 3>, value<2, 3>>::record(r);
  std::set<int> lines;
  collect(r.g, lines);
  std::set<int> const wanted(std::begin(lines_of_calls), std::end(lines_of_calls));
  for (int line : lines) CHECK_MESSAGE(wanted.count(line) == 1, "line ", line);
  for (int line : wanted) CHECK_MESSAGE(lines.count(line) == 1, "line ", line);
}

TEST_CASE("a layer of a model's chain has a path, and never a line of the library") {
  recording r;
  auto loss = [](auto net, auto x) { return mean(net(x)); };
  constexpr auto net = linear<3> | relu | dropout<0.5> | batch_norm | layer_norm;
  using network = std::remove_cvref_t<decltype(net)>;
  training_recorder<network, input_type<float, 4>, no_target_type, decltype(loss), sgd, 2>::record(r);
  recording s;
  training_recorder<network, input_type<float, 4>, target_type<float, 3>, mse_loss, sgd, 2>::record(s);
  int here = 0, nowhere = 0;
  for (recording const* one : {&r, &s})
    for (node const& n : one->g.nodes) {
      std::string const file = n.at.file ? n.at.file : "provenance.cpp";
      CHECK(file.substr(file.find_last_of('/') + 1) == "provenance.cpp");
      ++(n.at.file ? here : nowhere);
    }
  CHECK(here > 10);
  CHECK(nowhere > 10);
}
