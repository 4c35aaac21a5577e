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
