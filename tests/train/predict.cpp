// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include <ashlar/ashlar.hpp>

#include "train/clusters.hpp"

using namespace ashlar;

namespace {

constexpr int count = 131;  // two full batches of prediction and a part of one

// outputs[row][class] of three_classes, in double.
template <class Model>
std::vector<std::array<double, 3>> naive(Model const& net, tensor<float, count, 2> const& x) {
  tensor<float, 16, 2> const w0 = net.parameter("0.weight");
  tensor<float, 16> const b0 = net.parameter("0.bias");
  tensor<float, 3, 16> const w1 = net.parameter("2.weight");
  tensor<float, 3> const b1 = net.parameter("2.bias");
  std::vector<std::array<double, 3>> all(count);
  for (int r = 0; r < count; ++r)
    for (int c = 0; c < 3; ++c) {
      double sum = b1[c];
      for (int h = 0; h < 16; ++h)
        sum += double{w1(c, h)} * std::tanh(double{w0(h, 0)} * x(r, 0) + double{w0(h, 1)} * x(r, 1) + b0[h]);
      all[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] = sum;
    }
  return all;
}

}  // namespace

TEST_CASE("predict: the outputs are those of a naive network in double, in every batch and the partial one") {
  auto const net = model(three_classes, input<2>, cpu, seed{3});
  tensor<float, count, 2> x;
  random_normal(x, seed{1});
  tensor<float, count, 3> const y = predict(net, x);
  auto const expected = naive(net, x);
  for (int r = 0; r < count; ++r)
    for (int c = 0; c < 3; ++c)
      // float32: 18 products of numbers below 1, each rounded to 2^-24
      CHECK(y(r, c) ==
            doctest::Approx(expected[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)]).epsilon(2e-6));
}

TEST_CASE("predict: a sample's outputs do not depend on its neighbours") {
  auto const net = model(three_classes, input<2>, cpu, seed{3});
  tensor<float, count, 2> x;
  random_normal(x, seed{1});
  auto const together = predict(net, x);
  for (int r : {0, 1, 63, 64, 127, 128, 130}) {
    tensor<float, 1, 2> const one{x(r, 0), x(r, 1)};
    auto const alone = predict(net, one);
    for (int c = 0; c < 3; ++c) CHECK(alone(0, c) == doctest::Approx(together(r, c)).epsilon(1e-6));
  }
}

namespace {

// The outputs of the first `rows` samples, by a predictor of batches of so many.
template <int Batch, class Net>
std::vector<float> outputs_of(Net const& net, tensor<float, 64, 200> const& x, int rows) {
  predictor<std::remove_const_t<Net>, Batch> p(net);
  std::copy_n(x.begin(), rows * 200, p.template input<0>(0));
  p.run(rows);
  auto const* const y = p.template output<0>();
  return std::vector<float>(y, y + rows * 7);
}

// Few rows are computed in other orders where there may be more: within rounding they are the same.
template <class Network>
void check_few_rows(Network const& network) {
  auto const net = model(network, input<200>, cpu, seed{3});
  tensor<float, 64, 200> x;
  random_normal(x, seed{1});
  std::vector<float> const all = outputs_of<64>(net, x, 64);
  auto check = [&](std::vector<float> const& few) {
    CAPTURE(few.size());
    for (std::size_t i = 0; i < few.size(); ++i) CHECK(few[i] == doctest::Approx(all[i]).epsilon(1e-4));
  };
  for (int rows : {1, 2, 3, 4, 5}) check(outputs_of<64>(net, x, rows));
  for (int rows : {1, 2, 3}) check(outputs_of<3>(net, x, rows));
  check(outputs_of<1>(net, x, 1));
}

}  // namespace

TEST_CASE("predict: few samples' outputs are the same in every batch that has room for them, of layers of any size") {
  check_few_rows(linear<300> | tanh | linear<200> | tanh | linear<7>);
  check_few_rows(linear<128> | tanh | linear<20> | tanh | linear<7>);
  check_few_rows(linear<1024> | tanh | linear<512> | tanh | linear<7>);
}

TEST_CASE("predict: a dataset gives the index of the largest output of every sample") {
  auto const net = model(three_classes, input<2>, cpu, seed{3});
  dataset<2> const data = clusters(count, 2);
  tensor<float, count, 2> const x(std::span(data.inputs()));
  auto const y = predict(net, x);
  std::vector<std::int32_t> const classes = predict(net, data);
  REQUIRE(classes.size() == count);
  int right = 0;
  for (int r = 0; r < count; ++r) {
    int best = 0;
    for (int c = 1; c < 3; ++c)
      if (y(r, c) > y(r, best)) best = c;
    CHECK(classes[static_cast<std::size_t>(r)] == best);
    right += best == data.label(r);
  }
  CHECK(accuracy(net, data) == right / double{count});
}

TEST_CASE("accuracy: of no samples it is 0, of equal outputs the first class is chosen") {
  auto net = model(three_classes, input<2>, cpu, seed{3});
  CHECK(accuracy(net, dataset<2>()) == 0);
  CHECK(predict(net, dataset<2>()).empty());
  net.parameter("2.weight") = tensor<float, 3, 16>();
  net.parameter("2.bias") = tensor<float, 3>();
  for (std::int32_t c : predict(net, clusters(5, 2))) CHECK(c == 0);
  CHECK(accuracy(net, clusters(9, 2)) == 3 / 9.0);
}

TEST_CASE("predict: dropout is off, batch_norm uses the running statistics, and nothing in the model changes") {
  static constexpr auto network = linear<4> | dropout<0.5> | batch_norm | linear<4>;
  auto net = model(network, input<4>, cpu, seed{3});
  tensor<float, 4, 4> identity;
  for (int i = 0; i < 4; ++i) identity(i, i) = 1;
  for (char const* name : {"0.weight", "3.weight"}) net.parameter(name) = identity;
  for (char const* name : {"0.bias", "3.bias"}) net.parameter(name) = tensor<float, 4>();
  net.parameter("2.running_mean") = tensor<float, 4>{1, 2, 3, 4};
  net.parameter("2.running_var") = tensor<float, 4>{1, 4, 9, 16};
  std::string const before = bytes_of_model(net);
  tensor<float, 2, 4> const x{1, 2, 3, 4, 2, 4, 6, 8};
  auto const y = predict(net, x);
  for (int c = 0; c < 4; ++c) {
    CHECK(y(0, c) == 0);
    CHECK(y(1, c) == doctest::Approx(1).epsilon(1e-5));  // (2k - k) / sqrt(k^2 + 1e-5)
  }
  CHECK(bytes_of_model(net) == before);
}

TEST_CASE("predict: a NaN in one sample stays there") {
  auto const net = model(three_classes, input<2>, cpu, seed{3});
  float const nan = std::numeric_limits<float>::quiet_NaN();
  tensor<float, 3, 2> const x{1, 2, nan, 0, 3, 4};
  auto const y = predict(net, x);
  for (int c = 0; c < 3; ++c) {
    CHECK(std::isfinite(y(0, c)));
    CHECK(std::isnan(y(1, c)));
    CHECK(std::isfinite(y(2, c)));
  }
}

TEST_CASE("predict: images of more than 16384 numbers run four at a time") {
  static constexpr auto large = max_pool2d<8> | max_pool2d<8> | flatten;
  auto const net = model(large, input<1, 136, 128>, cpu, seed{3});
  tensor<float, 6, 1, 136, 128> x;
  random_uniform(x, seed{1});
  auto const y = predict(net, x);
  CHECK(y.shape() == make_shape<6, 4>());
  for (int r = 0; r < 6; ++r) {
    float largest = 0;
    for (int h = 0; h < 64; ++h)
      for (int w = 64; w < 128; ++w) largest = std::max(largest, x(r, 0, h, w));
    CHECK(y(r, 1) == largest);
  }
}

TEST_CASE("predict: two threads with predictors of their own share one const model") {
  auto const net = model(three_classes, input<2>, cpu, seed{3});
  tensor<float, count, 2> x;
  random_normal(x, seed{1});
  auto const expected = predict(net, x);
  std::vector<int> equal(2);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      for (int k = 0; k < 50; ++k) equal[t] += predict(net, x) == expected;
    });
  for (std::thread& t : threads) t.join();
  CHECK(equal == std::vector<int>{50, 50});
}

TEST_CASE("accuracy: NaN is larger than every number, as for argmax, so that it is right by chance alone") {
  float const nan = std::numeric_limits<float>::quiet_NaN();
  tensor<float, 4, 3> const outputs{1, nan, 3, nan, nan, 9, 2, 5, 5, 0, 1, nan};
  CHECK(accuracy(outputs, tensor<std::int32_t, 4>{1, 0, 1, 2}) == 1);
  CHECK(accuracy(outputs, tensor<std::int32_t, 4>{2, 2, 2, 1}) == 0);
  auto const largest = evaluate(
      cpu, [](auto y) { return argmax(y, axes<1>); }, outputs);
  CHECK(accuracy(outputs, largest) == 1);
}

TEST_CASE("a predictor that is called with tensors writes what predict returns") {
  auto const net = model(three_classes, input<2>, cpu, seed{3});
  predictor<decltype(model(three_classes, input<2>, cpu, seed{3})), 8> p(net);
  tensor<float, 8, 2> x;
  random_normal(x, seed{1});
  tensor<float, 8, 3> y;
  p(x, y);
  tensor<float, 8, 3> const expected = predict(net, x);
  CHECK(std::equal(y.begin(), y.end(), expected.begin()));

  tensor<float, 5, 2> fewer;
  std::copy_n(x.begin(), fewer.size(), fewer.begin());
  tensor<float, 5, 3> of_fewer;
  p(fewer, of_fewer);
  CHECK(std::equal(of_fewer.begin(), of_fewer.end(), expected.begin()));
}

TEST_CASE("a predictor refuses more samples than it was made for, and none") {
  auto const net = model(three_classes, input<2>, cpu, seed{3});
  predictor<decltype(model(three_classes, input<2>, cpu, seed{3})), 8> p(net);
  for (int rows : {0, -1, 9}) {
    CAPTURE(rows);
    std::string said;
    try {
      p.run(rows);
    } catch (error const& e) {
      said = e.what();
    }
    CHECK(said.find(std::to_string(rows)) != std::string::npos);
    CHECK(said.find("1 to 8") != std::string::npos);
  }
}
