// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>

#include <ashlar/ashlar.hpp>

#include "support/elements_of.hpp"

using namespace ashlar;

namespace {

// A loop in a loop, running statistics in the outer one, a residual block in the inner one.
constexpr auto residual_block = [](auto x) { return x + (layer_norm | linear<4> | tanh)(x); };
constexpr auto outer_body = linear<4> | batch_norm | repeat<2>(residual_block);
constexpr auto in_loops = linear<4> | repeat<3>(outer_body) | linear<3>;
constexpr auto body_written_out = linear<4> | batch_norm | residual_block | residual_block;
constexpr auto written_out = linear<4> | body_written_out | body_written_out | body_written_out | linear<3>;

// The same with values that the bodies capture: one that the outer loop begins with as well, and one of its body.
constexpr auto capturing = [](auto x) {
  auto c = linear<4>(x);
  auto y = repeat<3>([=](auto h) {
    auto k = (linear<4> | batch_norm)(h);
    return repeat<2>([=](auto m) { return tanh((layer_norm | linear<4>)(m) + c * k); })(k + c);
  })(c);
  return linear<3>(y);
};
constexpr auto capturing_written_out = [](auto x) {
  auto c = linear<4>(x), h = c;
  for (int i = 0; i < 3; ++i) {
    auto k = (linear<4> | batch_norm)(h);
    h = k + c;
    for (int j = 0; j < 2; ++j) h = tanh((layer_norm | linear<4>)(h) + c * k);
  }
  return linear<3>(h);
};

// "1.2.0.weight" of the loops is "9.weight" of the network written out, "1.2.2.1.0.weight" is "12.0.weight".
std::string written_out_name(std::string const& name) {
  if (name[0] == '0') return name;
  if (name[0] == '2') return "13" + name.substr(1);
  int const body = 1 + 4 * (name[2] - '0'), element = name[4] - '0';
  if (element < 2) return std::to_string(body + element) + name.substr(5);
  return std::to_string(body + 2 + (name[6] - '0')) + name.substr(7);
}

// "1.2.0.weight" is "13.weight", "1.2.2.1.0.weight" is "17.weight".
std::string capturing_written_out_name(std::string const& name) {
  if (name[0] == '0') return name;
  if (name[0] == '2') return "19" + name.substr(1);
  int const body = 1 + 6 * (name[2] - '0'), element = name[4] - '0';
  if (element < 2) return std::to_string(body + element) + name.substr(5);
  return std::to_string(body + 2 + 2 * (name[6] - '0') + (name[8] - '0')) + name.substr(9);
}

/// Trains both for some steps from the same start; the largest difference of a parameter or running statistic.
template <class T, class Loops, class Plain, class Optimizer>
double difference_after_training(Loops const& in_loops, Plain const& written_out,
                                 std::string written_out_name(std::string const&), Optimizer const& optimizer) {
  auto loops = model(in_loops, input_of<T, 5>, cpu, seed{1});
  auto plain = model(written_out, input_of<T, 5>, cpu, seed{2});
  CHECK(loops.parameters() == plain.parameters());
  auto each_pair = [&](auto f) {
    loops.each_variable([&](auto const& p, auto const&) { f(p, plain.parameter(written_out_name(p.name()))); });
  };
  each_pair([](auto const& a, auto const& b) {
    REQUIRE(a.size() == b.size());
    b.write(proof::elements_of<char>(a).data());
  });
  auto t = make_trainer(loops, cross_entropy, optimizer, batch<7>);
  auto u = make_trainer(plain, cross_entropy, optimizer, batch<7>);
  tensor<T, 6, 5> x;
  for (int i = 0; i < 30; ++i) x[i] = static_cast<T>(std::sin(1.7 * i));
  tensor<std::int32_t, 6> const labels{0, 1, 2, 2, 1, 0};
  double const near = sizeof(T) == 8 ? 1e-6 : 1e-4;  // losses are floats; running statistics of 6 rows amplify rounding
  float const first = t.step(x, labels);
  CHECK(first == doctest::Approx(u.step(x, labels)).epsilon(near));
  float last = first;
  for (int step = 1; step < 6; ++step) {
    last = t.step(x, labels);
    CHECK(last == doctest::Approx(u.step(x, labels)).epsilon(near));
  }
  CHECK(last < first);
  double largest = 0;
  int count = 0;
  each_pair([&](auto const& a, auto const& b) {
    count += 1;
    if (a.type() == dtype::int64) {
      CHECK(proof::elements_of<std::int64_t>(a) == std::vector<std::int64_t>{6});
      CHECK(proof::elements_of<std::int64_t>(b) == std::vector<std::int64_t>{6});
      return;
    }
    std::vector<T> const p = proof::elements_of<T>(a), q = proof::elements_of<T>(b);
    for (std::size_t i = 0; i < p.size(); ++i) largest = std::max(largest, std::fabs(double{p[i]} - double{q[i]}));
  });
  CHECK(count == 4 + 3 * (4 + 3) + 3 * 2 * 4);
  return largest;
}

}  // namespace

TEST_CASE("nested loops with running statistics train as the network written out, in double and in float") {
  auto difference = [](auto type, auto const& optimizer) {
    return difference_after_training<decltype(type)>(in_loops, written_out, written_out_name, optimizer);
  };
  CHECK(difference(double{}, sgd{.learning_rate = 0.1f, .momentum = 0.9f}) < 1e-12);
  CHECK(difference(float{}, sgd{.learning_rate = 0.1f, .momentum = 0.9f}) < 1e-5);
  CHECK(difference(double{}, adamw{.learning_rate = 1e-2f}) < 1e-9);
}

TEST_CASE("nested loops that capture values train as the network written out") {
  sgd const optimizer{.learning_rate = 0.1f, .momentum = 0.9f};
  CHECK(difference_after_training<double>(capturing, capturing_written_out, capturing_written_out_name, optimizer) <
        1e-12);
}

TEST_CASE("a network that an objective calls in a loop, on a value from outside, is called once") {
  constexpr auto net = linear<4> | dropout<0.5> | tanh;
  auto looped = [](auto net, auto x) {
    auto c = net(x);
    return mean(square(repeat<3>([=](auto h) { return tanh(h * net(x) + c); })(x)));
  };
  auto plain = [](auto net, auto x) {
    auto c = net(x), h = x;
    for (int i = 0; i < 3; ++i) h = tanh(h * net(x) + c);
    return mean(square(h));
  };
  auto a = model(net, input<4>, no_target, cpu, seed{1}), b = a;
  auto t = make_trainer(a, looped, sgd{.learning_rate = 0.1f}, batch<7>);
  auto u = make_trainer(b, plain, sgd{.learning_rate = 0.1f}, batch<7>);
  tensor<float, 6, 4> x;
  for (int i = 0; i < 24; ++i) x[i] = static_cast<float>(std::sin(1.7 * i));
  for (int step = 0; step < 4; ++step) {
    float const loss = t.step(x);
    CHECK(loss == doctest::Approx(u.step(x)).epsilon(1e-5));
  }
}
