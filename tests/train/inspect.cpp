// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include <ashlar/ashlar.hpp>

#include "train/clusters.hpp"

using namespace ashlar;

namespace {

inline constexpr auto network = linear<4> | relu | named<"head">(linear<3>) | repeat<2>(linear<3> | tanh) |
                                [](auto x) { return exp(x) + exp(2.0f * x); };
tensor<float, 2, 2> const x{1, 2, -3, 4};
tensor<std::int32_t, 2> const labels{0, 2};

auto made() { return model(network, input<2>, cpu.with(debug), seed{3}); }

/// x weight^T + bias.
template <int Out, int In>
tensor<float, 2, Out> affine(tensor<float, 2, In> const& v, tensor<float, Out, In> const& w,
                             tensor<float, Out> const& b) {
  tensor<float, 2, Out> y;
  for (int r = 0; r < 2; ++r)
    for (int o = 0; o < Out; ++o) {
      y(r, o) = b(o);
      for (int i = 0; i < In; ++i) y(r, o) += v(r, i) * w(o, i);
    }
  return y;
}
template <int Out>
void check_near(tensor<float, 2, Out> const& a, tensor<float, 2, Out> const& b) {
  for (std::int64_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-5));
}

}  // namespace

TEST_CASE("inspect: a layer's path is its output, with an operation's name what that made") {
  auto net = made();
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0}, batch<2>);
  t.step(x, labels);
  tensor<float, 4, 2> const weight = net.parameter("0.weight");
  tensor<float, 4> const bias = net.parameter("0.bias");
  tensor<float, 2, 4> const hidden = inspect(t, "0"), active = inspect(t, "1.relu");
  check_near(hidden, affine(x, weight, bias));
  bool any_negative = false;
  for (std::int64_t i = 0; i < hidden.size(); ++i) {
    any_negative = any_negative || hidden[i] < 0;
    CHECK(active[i] == std::fmax(hidden[i], 0.0f));
  }
  CHECK(any_negative);
  CHECK(tensor<float, 2, 4>(inspect(t, "1")) == active);
  tensor<float, 3, 4> const w = net.parameter("head.weight");
  tensor<float, 3> const b = net.parameter("head.bias");
  check_near<3>(inspect(t, "head"), affine(active, w, b));
}

TEST_CASE("inspect: the second operation of a kind has a number; a repeat has what it returns") {
  auto net = made();
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0}, batch<2>);
  t.step(x, labels);
  tensor<float, 2, 3> const looped = inspect(t, "3"), once = inspect(t, "4.exp"), twice = inspect(t, "4.exp.2"),
                            last = inspect(t, "4");
  for (std::int64_t i = 0; i < looped.size(); ++i) {
    float const lesser = std::fmin(std::fabs(std::log(once[i])), std::fabs(std::log(twice[i])));
    CHECK(lesser == doctest::Approx(std::fabs(looped[i])).epsilon(1e-4));
    CHECK(once[i] + twice[i] == doctest::Approx(last[i]).epsilon(1e-6));
    CHECK(std::fabs(looped[i]) <= 1);
  }
}

TEST_CASE("inspect: a step shows its own numbers, and the gradients' begin with backward") {
  auto net = made();
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.5f}, batch<2>);
  t.step(x, labels);
  intermediate const before = inspect(t, "head");
  t.step(x, labels);
  CHECK(tensor<float, 2, 3>(before) != tensor<float, 2, 3>(inspect(t, "head")));
  CHECK(before.name() == "head");
  CHECK(before.type() == dtype::float32);
  CHECK(before.shape() == make_shape<2, 3>());
  CHECK(before.size() == 6);
  tensor<float, 2, 4> const gate = inspect(t, "backward.1.select"), active = inspect(t, "1");
  for (std::int64_t i = 0; i < gate.size(); ++i) CHECK((gate[i] != 0) == (active[i] > 0));
}

TEST_CASE("inspect: a predictor and a compiled function show theirs") {
  auto net = made();
  predictor<decltype(net), 2> p(net);
  std::copy(x.data(), x.data() + 4, p.input(0));
  p.run(2);
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0}, batch<2>);
  t.step(x, labels);
  CHECK(tensor<float, 2, 3>(inspect(p, "head")) == tensor<float, 2, 3>(inspect(t, "head")));

  auto f = compile(
      cpu.with(debug), [](auto v) { return sum(square(v)); }, x);
  CHECK(float{f(x)} == 30);
  CHECK(tensor<float, 2, 2>(inspect(f, "mul")) == tensor<float, 2, 2>{1, 4, 9, 16});
}

TEST_CASE("inspect: an unknown name and another shape are refused, with what there is") {
  auto net = made();
  auto t = make_trainer(net, cross_entropy, sgd{}, batch<2>);
  t.step(x, labels);
  CHECK(complaint_of([&] { inspect(t, "2"); }).substr(0, 60) ==
        "inspect: the program makes no '2'; it makes 0, 1, head, 3, 4");
  CHECK(complaint_of([&] { inspect(t, "2"); }).find(", 0.matmul, 0.add, 1.relu, head.matmul, ") != std::string::npos);
  CHECK(complaint_of([&] { inspect(t, "3.0.matmul"); }).substr(0, 91) ==
        "inspect: the program makes no '3.0.matmul' (what the layers in a repeat make is not kept); ");
  CHECK(complaint_of([&] { tensor<float, 2, 3> wrong = inspect(t, "0"); }) ==
        "'0': it is float32 [2, 4], the tensor float32 [2, 3]");
  CHECK(complaint_of([&] { tensor<double, 2, 4> wrong = inspect(t, "0"); }) ==
        "'0': it is float32 [2, 4], the tensor float64 [2, 4]");
}
