// SPDX-License-Identifier: MIT
#include <ashlar/train/trainer.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

constexpr auto net_of_two = linear<3> | tanh | linear<2>;
tensor<float, 4, 2> samples() { return {1, 2, -1, 0.5f, 3, -2, 0, 1}; }
tensor<std::int32_t, 4> const labels{0, 1, 1, 0};

}  // namespace

TEST_CASE("steps of every optimizer lower the loss on one batch") {
  auto falls = [](auto const& optimizer) {
    auto net = model(net_of_two, input<2>, cpu, seed{1});
    auto t = make_trainer(net, cross_entropy, optimizer, batch<4>);
    float const first = t.step(samples(), labels);
    float last = first;
    for (int i = 0; i < 50; ++i) last = t.step(samples(), labels);
    CHECK(t.steps() == 51);
    CHECK(std::isfinite(last));
    CHECK(last < first / 2);
  };
  falls(sgd{.learning_rate = 0.5f});
  falls(sgd{.learning_rate = 0.1f, .momentum = 0.9f});
  falls(adam{.learning_rate = 0.05f});
}

TEST_CASE("the learning rate may change between steps; momentum may be lowered, and not raised from 0") {
  auto net = model(net_of_two, input<2>, cpu, seed{1});
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0}, batch<4>);
  float const first = t.step(samples(), labels);
  CHECK(t.step(samples(), labels) == first);
  t.optimizer.learning_rate = 0.5f;
  t.step(samples(), labels);
  CHECK(t.step(samples(), labels) < first);
  t.optimizer.momentum = 0.5f;
  CHECK_THROWS_WITH_AS(t.step(samples(), labels),
                       "the optimizer's momentum was 0 when the trainer was made, so it keeps no velocity; make a "
                       "trainer with the momentum to use it",
                       error);
  auto heavy = make_trainer(net, cross_entropy, sgd{.momentum = 0.5f}, batch<4>);
  heavy.optimizer.momentum = 0;
  CHECK(std::isfinite(heavy.step(samples(), labels)));
}

TEST_CASE("two trainers share one model and its parameters, each with a state of its own") {
  auto net = model(net_of_two, input<2>, cpu, seed{1});
  auto one = make_trainer(net, cross_entropy, adam{}, batch<4>);
  auto two = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.5f}, batch<2>);
  float const before = one.step(samples(), labels);
  tensor<float, 2, 2> const fewer{1, 2, -1, 0.5f};
  for (int i = 0; i < 20; ++i) two.step(fewer, tensor<std::int32_t, 2>{0, 1});
  CHECK(one.step(samples(), labels) != before);
  CHECK(one.steps() == 2);
  CHECK(two.steps() == 20);
}

TEST_CASE("the same seed gives the same bits, run after run, and another seed does not") {
  auto run = [](int s) {
    auto net = model(linear<3> | dropout<0.5> | linear<2>, input<2>, cpu, seed{s});
    auto t = make_trainer(net, cross_entropy, adam{}, batch<4>);
    for (int i = 0; i < 5; ++i) t.step(samples(), labels);
    return tensor<float, 2, 3>(net.parameter("2.weight"));
  };
  CHECK(run(7) == run(7));
  CHECK_FALSE(run(7) == run(8));
}

TEST_CASE("a step refuses labels that the network has no output for, and too many rows of a dataset") {
  auto net = model(net_of_two, input<2>, cpu, seed{1});
  auto t = make_trainer(net, cross_entropy, sgd{}, batch<2>);
  tensor<float, 2, 2> const x{1, 2, 3, 4};
  CHECK_THROWS_WITH_AS(t.step(x, tensor<std::int32_t, 2>{0, 2}),
                       "step 1: a label is 2; the network has outputs for 0 to 1", error);
  CHECK_THROWS_WITH_AS(t.step(x, tensor<std::int32_t, 2>{-1, 0}),
                       "step 1: a label is -1; the network has outputs for 0 to 1", error);
  CHECK_THROWS_WITH_AS(t.step(samples(), labels), "step 1: it was given 4 rows; this trainer takes 1 to 2", error);
  CHECK(t.steps() == 0);
}
