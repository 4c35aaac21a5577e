// SPDX-License-Identifier: MIT
#include <ashlar/expr/random_values.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/check.hpp"
#include "support/layer_proof.hpp"

using namespace ashlar;

namespace {

constexpr int many = 20000;

template <class F>
auto drawn(F f) {
  return evaluate(cpu, f, tensor<float, many>());
}
double mean_of(tensor<float, many> const& x, double power = 1) {
  double total = 0;
  for (float v : x) total += std::pow(static_cast<double>(v), power);
  return total / many;
}

}  // namespace

TEST_CASE("uniform numbers are spread over [0, 1)") {
  auto const x = drawn([](auto like) { return random_uniform(like); });
  CHECK(*std::min_element(x.begin(), x.end()) >= 0);
  CHECK(*std::max_element(x.begin(), x.end()) < 1);
  // five standard deviations of a mean of 20,000: 5 * 0.2887 / 141
  CHECK(std::fabs(mean_of(x) - 0.5) < 0.0103);
  CHECK(std::fabs(mean_of(x, 2) - 1.0 / 3) < 0.0106);
}

TEST_CASE("normal numbers have mean 0, variance 1, and the tails of their distribution") {
  auto const x = drawn([](auto like) { return random_normal(like); });
  CHECK(std::fabs(mean_of(x)) < 0.036);
  CHECK(std::fabs(mean_of(x, 2) - 1) < 0.05);
  CHECK(std::fabs(mean_of(x, 3)) < 0.14);
  CHECK(std::fabs(mean_of(x, 4) - 3) < 0.35);
  CHECK(std::count_if(x.begin(), x.end(), [](float v) { return v > 3; }) < 60);
}

TEST_CASE("bernoulli numbers are 1 with their probability, one for all or one for each") {
  auto const x = drawn([](auto like) { return random_bernoulli(like, 0.3); });
  CHECK(std::fabs(mean_of(x) - 0.3) < 0.0163);
  for (float v : x) CHECK((v == 0 || v == 1));
  auto const y = drawn([](auto like) { return random_bernoulli(0 * like + 1); });
  CHECK(mean_of(y) == 1);
}

TEST_CASE("a permutation holds every index once, each row in an order of its own") {
  auto const orders = evaluate(
      cpu, [](auto like) { return random_permutation(like); }, tensor<float, 3, 50>());
  std::vector<std::vector<std::int32_t>> rows;
  for (int r = 0; r < 3; ++r) {
    std::vector<std::int32_t> row(orders.data() + 50 * r, orders.data() + 50 * r + 50);
    rows.push_back(row);
    std::sort(row.begin(), row.end());
    for (int i = 0; i < 50; ++i) CHECK(row[static_cast<std::size_t>(i)] == i);
  }
  CHECK(rows[0] != rows[1]);
  CHECK(rows[1] != rows[2]);
}

TEST_CASE("every call draws anew, and the same again when the program runs again") {
  auto const twice = [](auto like) { return std::tuple{random_uniform(like), random_uniform(like)}; };
  tensor<float, 9> const like;
  auto const [a, b] = evaluate(cpu, twice, like);
  CHECK_FALSE(a == b);
  auto const [c, d] = evaluate(cpu, twice, like);
  CHECK(a == c);
  CHECK(b == d);
}

namespace {

constexpr auto noisy = [](auto x) { return x + 0.1f * random_normal(x); };
constexpr auto total = [](auto net, auto x) { return sum(net(x)); };

}  // namespace

TEST_CASE("noise in a network changes from step to step, and does not depend on the size of the batch") {
  auto net = model(linear<3> | noisy, input<4>, no_target, cpu, seed{1});
  auto same = net;
  auto small = make_trainer(net, total, sgd{.learning_rate = 0}, batch<2>);
  auto large = make_trainer(same, total, sgd{.learning_rate = 0}, batch<6>);
  tensor<float, 2, 4> const x;
  float const first = small.step(x);
  CHECK(large.step(x) == first);
  float const second = small.step(x);
  CHECK(second != first);
  CHECK(large.step(x) == second);
}

namespace {

constexpr auto masked = [](auto x) { return square(x * random_bernoulli(x, 0.5)) * random_uniform(x); };

}  // namespace

TEST_CASE("the gradient goes through what random values multiply, with the same values") {
  proof::check_layer<3>(masked, input<17>);
}
