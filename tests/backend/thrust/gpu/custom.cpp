// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "backend/thrust/gpu/parity.hpp"

using namespace ashlar;

namespace {

/// x^3, element by element.
struct cube {
  template <class X>
  using result = X;
  template <class X, class Y>
  ASHLAR_HD static void element(std::int64_t i, X x, Y y) {
    y.data()[i] = x.data()[i] * x.data()[i] * x.data()[i];
  }
  static constexpr auto gradient = [](auto d, auto, auto x) { return 3 * square(x) * d; };
};

/// Sums up to each element of a row, which one thread computes.
struct running_sums {
  template <class X>
  using result = X;
  template <class X, class Y>
  ASHLAR_HD static void kernel(X x, Y y, std::int64_t rows) {
    for (std::int64_t r = 0; r < rows; ++r) {
      y(r, 0) = x(r, 0);
      for (int i = 1; i < X::shape()[1]; ++i) y(r, i) = y(r, i - 1) + x(r, i);
    }
  }
  static constexpr auto gradient = [](auto d, auto, auto) { return flip(cumsum<1>(flip(d, axes<1>)), axes<1>); };
};

/// Doubles, on the host alone.
struct twice_on_host {
  static constexpr bool host_only = true;
  template <class X>
  using result = X;
  template <class X, class Y>
  static void element(std::int64_t i, X x, Y y) {
    y.data()[i] = 2 * x.data()[i];
  }
  static constexpr auto gradient = [](auto d, auto, auto) { return 2 * d; };
};

inline constexpr auto network = [](auto x) { return linear<3>(custom<running_sums>(custom<cube>(linear<5>(x)))); };

}  // namespace

TEST_CASE("gpu: primitives of one's own train as on the cpu, on partial batches too") {
  auto run = [](auto const& policy) {
    auto net = model(network, input<2>, policy, seed{1});
    auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.05f}, batch<8>);
    dataset<2> const data = clusters(30, 1);
    std::vector<double> seen;
    for (int i = 0; i < 3; ++i)
      for (auto rows : batches(data, 8)) seen.push_back(t.step(rows));
    auto const numbers = numbers_of(net);
    seen.insert(seen.end(), numbers.begin(), numbers.end());
    return seen;
  };
  CHECK(largest_difference(run(device), run(cpu)) < 1e-5);
}

TEST_CASE(
    "gpu: a primitive of the host alone runs on the cpu policy beside those of a GPU, which has no launch of it") {
  tensor<float, 3> const x{1, 2, 3};
  CHECK(evaluate(
            cpu, [](auto v) { return custom<twice_on_host>(v); }, x) == tensor<float, 3>{2, 4, 6});
  CHECK(evaluate(
            device, [](auto v) { return custom<cube>(v); }, x) == tensor<float, 3>{1, 8, 27});
  using value_of_x = basic_value<float, 3>;
  CHECK_FALSE(detail::custom_of<twice_on_host, value_of_x, value_of_x>::primitive.has_gpu_launch);
  CHECK(detail::custom_of<cube, value_of_x, value_of_x>::primitive.has_gpu_launch);
}
