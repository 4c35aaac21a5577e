// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

TEST_CASE("summary: a table of names, shapes and sizes, the states marked, and the totals") {
  static constexpr auto network = conv2d<4, 3> | batch_norm | flatten | named<"head">(linear<10>);
  auto const net = model(network, input<1, 8, 8>, cpu, seed{1});
  CHECK(summary(net) ==
        "name                   shape            elements\n"
        "0.weight               [4, 1, 3, 3]           36\n"
        "0.bias                 [4]                     4\n"
        "1.weight               [4]                     4\n"
        "1.bias                 [4]                     4\n"
        "head.weight            [10, 144]            1440\n"
        "head.bias              [10]                   10\n"
        "1.running_mean         [4]             4 (state)\n"
        "1.running_var          [4]             4 (state)\n"
        "1.num_batches_tracked  []              1 (state)\n"
        "parameters: 1498, and 9 elements of state\n");
}

TEST_CASE("summary: every iteration of a repeated layer has its lines") {
  auto const net = model(repeat<2>(linear<4>), input<4>, cpu, seed{1});
  CHECK(summary(net) ==
        "name        shape      elements\n"
        "0.0.weight  [4, 4]           16\n"
        "0.1.weight  [4, 4]           16\n"
        "0.0.bias    [4]               4\n"
        "0.1.bias    [4]               4\n"
        "parameters: 40\n");
}

TEST_CASE("summary: a network without parameters has none") {
  CHECK(summary(model(relu, input<4>, cpu, seed{1})) == "name  shape     elements\nparameters: 0\n");
}

TEST_CASE("summary: it is what a model streams, and the plan's text what a trainer's summary does") {
  auto net = model(linear<3> | relu, input<4>, cpu, seed{1});
  auto const t = make_trainer(net, cross_entropy, sgd{}, batch<2>);
  std::ostringstream out, plan;
  out << net << 1;
  CHECK(out.str() == summary(net) + "1");
  plan << t.summary();
  CHECK(plan.str() == to_text(t.summary()));
}
