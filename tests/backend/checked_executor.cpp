// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <limits>
#include <string>

#include <ashlar/ashlar.hpp>

#include "train/clusters.hpp"

using namespace ashlar;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr int line_of_log = __LINE__ + 1;
constexpr auto log_of = [](auto v) { return 2.0f * log(v); };
constexpr auto masked = [](auto net, auto v) {
  auto y = net(v);
  return mean(select(v > 1e9f, log(y - y), y));
};
tensor<float, 2, 1> const x{1, 2};
std::string const said_of_log = "log (checked_executor.cpp:" + std::to_string(line_of_log) +
                                ") made the first number that is not finite; it read numbers in [0, 1]";

}  // namespace

TEST_CASE("debug: a function and a prediction whose result is not finite are refused") {
  CHECK(complaint_of([] {
          evaluate(cpu.with(debug), log_of, tensor<float, 2>{0, 1});
        }) == "a result is not finite: " + said_of_log);
  tensor<float, 2> const fine = evaluate(cpu.with(debug), log_of, tensor<float, 2>{1, 1});
  CHECK(fine == tensor<float, 2>{0, 0});
  auto const net = model(linear<3>, input<2>, cpu.with(debug), seed{1});
  CHECK(complaint_of([&] {
          predict(net, tensor<float, 1, 2>{infinity, 0});
        }) == "a result is not finite: input 1 was not finite before");
  net.parameter("0.weight") = tensor<float, 3, 2>{10, 10, 10, 10, 10, 10};
  CHECK(complaint_of([&] {
          predict(net, tensor<float, 1, 2>{3e38f, 0});
        }) ==
        "a result is not finite: matmul in layer '0' made the first number that is not finite; it read numbers in [0, "
        "3e+38]");
}

TEST_CASE("debug: the step is refused in which the loss or a gradient is not finite, and changes nothing") {
  auto net = model(linear<4> | batch_norm | linear<1>, input<1>, no_target, cpu.with(debug), seed{1});
  auto t = make_trainer(net, masked, adam{}, batch<2>);
  std::string const before = bytes_of_model(net);
  std::string const said = complaint_of([&] { t.step(x); });
  CHECK(said.substr(0, 37) == "step 1: the update is not finite: div");
  CHECK(said.find(" (checked_executor.cpp:" + std::to_string(line_of_log + 3) + ") made") != std::string::npos);
  CHECK(bytes_of_model(net) == before);
  CHECK(t.steps() == 0);
  CHECK(complaint_of([&] {
          t.step(tensor<float, 2, 1>{infinity, 0});
        }) == "step 1: a state is not finite: input 1 was not finite before");
  CHECK(bytes_of_model(net) == before);
}

TEST_CASE("debug: an update that overflows is named") {
  auto net = model(linear<1>, input<1>, no_target, cpu.with(debug), seed{1});
  auto t = make_trainer(
      net, [](auto n, auto v) { return mean(n(v)); }, sgd{.learning_rate = 1e38f}, batch<2>);
  CHECK(complaint_of([&] {
          t.step(tensor<float, 2, 1>{10, 10});
        }).substr(0, 69) == "step 1: the update is not finite: mul in the optimizer made the first");
}

TEST_CASE("debug: what is finite trains as on the plain policy") {
  auto checked = model(three_classes, input<2>, cpu.with(debug), seed{3}), again = checked;
  auto plain = model(three_classes, input<2>, cpu, seed{3});
  dataset<2> const data = clusters(32, 1);
  auto t = make_trainer(checked, cross_entropy, adam{}, batch<32>);
  auto u = make_trainer(plain, cross_entropy, adam{}, batch<32>);
  for (int step = 0; step < 3; ++step)
    CHECK(t.step(batches(data, 32)[0]) == doctest::Approx(u.step(batches(data, 32)[0])).epsilon(1e-6));
  CHECK(t.steps() == 3);
  CHECK(bytes_of_model(checked) != bytes_of_model(again));
}
