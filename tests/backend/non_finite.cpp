// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include <ashlar/ashlar.hpp>

#include "train/clusters.hpp"

using namespace ashlar;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

constexpr int line_of_log = __LINE__ + 1;
inline constexpr auto logging = linear<4> | relu | [](auto x) { return log(x) + 1.0f; } | linear<3>;
inline constexpr auto logs = repeat<4>([](auto x) { return log(x); });
inline constexpr auto normed = linear<4> | batch_norm | tanh | linear<3>;
constexpr int line_of_division = __LINE__ + 2;
inline constexpr auto masked = [](auto net, auto x) {
  auto y = net(x) / (net(x) - net(x));
  return mean(select(x > 1e9f, y, x * net(x)));
};
constexpr int line_of_mask = __LINE__ + 2;
inline constexpr auto masked_well = [](auto net, auto x) {
  auto far = log(x - x);  // -inf everywhere, and taken nowhere
  return mean(net(select(x < -1e9f, far, x)));
};
inline constexpr auto outputs = [](auto net, auto x) { return mean(net(x)); };
inline constexpr auto scale = [](auto x) { return 1e30f * linear<1>(x); };

std::string const where = "non_finite.cpp:";

template <class Policy>
auto logging_model(Policy policy) {
  return model(logging, input<2>, no_target, policy, seed{3});
}
tensor<float, 2, 2> const x{1, 2, -3, 4};
tensor<std::int32_t, 2> const labels{0, 2};

}  // namespace

TEST_CASE("find_non_finite: the operation, its layer, the user's line and what it read are named") {
  auto net = logging_model(cpu);
  auto t = make_trainer(net, outputs, adam{}, batch<2>);
  CHECK(!std::isfinite(t.step(x)));
  non_finite const why = find_non_finite(t, x);
  REQUIRE(why);
  CHECK(why.operation == "log");
  CHECK(why.layer == "2");
  CHECK(why.file.substr(why.file.find_last_of('/') + 1) + ":" == where);
  CHECK(why.line == line_of_log);
  CHECK(why.lowest < 0);  // of the kernel that makes relu, too
  CHECK(why.highest > 0);
  CHECK(why.sentence.substr(0, 17) == "log in layer '2' ");
  CHECK(why.sentence.find("(" + where + std::to_string(line_of_log) +
                          ") made the first number that is not finite; its kernel read numbers in [-") !=
        std::string::npos);
}

TEST_CASE("find_non_finite: where a kernel computes several operations that may be at fault, it says so") {
  auto net = logging_model(cpu);
  auto t = make_trainer(net, outputs, sgd{}, batch<2>);  // its forward and backward operations share kernels
  non_finite const why = find_non_finite(t, x);
  CHECK(why.operation == "log or div");
  CHECK(why.line == line_of_log);
  std::string const end = "; a model on cpu.with(debug), or device.with(debug), says which of them";
  CHECK(why.sentence.substr(why.sentence.size() - end.size()) == end);
}

TEST_CASE("find_non_finite: under debug the range is that of the operation alone") {
  auto net = logging_model(cpu.with(debug));
  auto t = make_trainer(net, outputs, sgd{}, batch<2>);
  non_finite const why = find_non_finite(t, x);
  CHECK(why.operation == "log");
  CHECK(why.line == line_of_log);
  CHECK(why.lowest == 0);
  CHECK(why.highest > 0);
}

TEST_CASE("find_non_finite: nothing where all is finite; nothing changes") {
  auto net = model(normed, input<2>, cpu, seed{1});
  auto same = net;
  auto t = make_trainer(net, cross_entropy, adam{}, batch<2>);
  auto u = make_trainer(same, cross_entropy, adam{}, batch<2>);
  for (int step = 0; step < 2; ++step) {
    std::string const before = bytes_of_model(net);
    CHECK(!find_non_finite(t, x, labels));
    CHECK(bytes_of_model(net) == before);
    CHECK(t.steps() == step);
    CHECK(t.step(x, labels) == u.step(x, labels));
    CHECK(bytes_of_model(net) == bytes_of_model(same));
  }
}

TEST_CASE("find_non_finite: what is given is named when it is at fault") {
  auto net = model(normed, input<2>, cpu, seed{1});
  auto t = make_trainer(net, cross_entropy, adam{}, batch<2>);
  non_finite const in_input = find_non_finite(t, tensor<float, 2, 2>{1, infinity, 0, 0}, labels);
  CHECK(in_input.sentence == "input 1 was not finite before");
  CHECK(in_input.operation == "");
  tensor<float, 3> bias = net.parameter("3.bias");
  bias(1) = std::nanf("");
  net.parameter("3.bias") = bias;
  non_finite const in_parameter = find_non_finite(t, x, labels);
  CHECK(in_parameter.sentence == "parameter '3.bias' was not finite before");
  CHECK(in_parameter.layer == "3.bias");
}

TEST_CASE("find_non_finite: after an error about its arguments a step is a step again") {
  auto net = model(normed, input<2>, cpu, seed{1});
  auto t = make_trainer(net, cross_entropy, adam{}, batch<2>);
  CHECK(complaint_of([&] {
          find_non_finite(t, x, tensor<std::int32_t, 2>{0, 9});
        }) == "step 1: a label is 9; the network has outputs for 0 to 2");
  t.step(x, labels);
  CHECK(t.steps() == 1);
}

TEST_CASE("find_non_finite: the iteration of a loop is named, also of a loop's gradient") {
  auto net = model(logs, input<1>, no_target, cpu, seed{1});
  auto t = make_trainer(net, outputs, sgd{}, batch<1>);
  CHECK(find_non_finite(t, tensor<float, 1, 1>{2}).layer == "0.2");  // 2, 0.7, -0.4
  CHECK(find_non_finite(t, tensor<float, 1, 1>{-1}).layer == "0.0");
  CHECK(!find_non_finite(t, tensor<float, 1, 1>{1e6f}));

  auto nested = model(repeat<2>(repeat<2>([](auto v) { return log(v); })), input<1>, no_target, cpu, seed{1});
  auto u = make_trainer(nested, outputs, sgd{}, batch<1>);
  CHECK(find_non_finite(u, tensor<float, 1, 1>{2}).layer == "0.1.0");
}

TEST_CASE("find_non_finite: a gradient that is not finite is found while the loss still is") {
  auto net = model(linear<1>, input<1>, no_target, cpu, seed{1});
  auto t = make_trainer(net, masked, sgd{}, batch<2>);
  tensor<float, 2, 1> const v{1, 2};
  non_finite const why = find_non_finite(t, v);
  REQUIRE(why);
  CHECK(why.line == line_of_division);
  CHECK(std::isfinite(t.step(v)));
  CHECK(std::isnan(t.step(v)));
  CHECK(find_non_finite(t, v).sentence.substr(0, 12) == "parameter '0");
}

TEST_CASE("find_non_finite: what is masked away is not at fault") {
  auto net = model(scale, input<2>, no_target, cpu.with(debug), seed{1});
  auto t = make_trainer(net, masked_well, sgd{.learning_rate = 0}, batch<2>);
  CHECK(!find_non_finite(t, x));
  non_finite const why = find_non_finite(t, tensor<float, 2, 2>{1e10f, 2, 3, 4});
  CHECK(why.operation == "mul");
  CHECK(why.line != line_of_mask);
  CHECK(why.highest > 1e9);
}

TEST_CASE("find_non_finite: rows that are not valid are not looked at") {
  for (int debugging = 0; debugging < 2; ++debugging) {
    auto check = [](auto policy) {
      auto net = model(normed, input<2>, policy, seed{1});
      auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0}, batch<4>);
      tensor<float, 4, 2> far;
      far.fill(1e38f);
      CHECK(find_non_finite(t, far, tensor<std::int32_t, 4>()));  // leaves numbers that are not finite in the arena
      CHECK(!find_non_finite(t, x, labels));
    };
    debugging ? check(cpu.with(debug)) : check(cpu);
  }
}
