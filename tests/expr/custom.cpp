// SPDX-License-Identifier: MIT
#include <ashlar/expr/custom.hpp>

#include <cmath>

#include "support/check.hpp"

using namespace ashlar;

namespace {

/// x^3, element by element, whose gradient is an expression.
struct cube {
  template <class X>
  using result = X;
  template <class X, class Y>
  static void element(std::int64_t i, X x, Y y) {
    y.data()[i] = x.data()[i] * x.data()[i] * x.data()[i];
  }
  static constexpr auto gradient = [](auto d, auto, auto x) { return 3 * square(x) * d; };
};

/// The angle of (x, y), of two operands, whose gradient uses another primitive of one's own.
struct angle {
  template <class Y, class X>
  using result = Y;
  template <class Y, class X, class R>
  static void kernel(Y y, X x, R r) {
    for (std::int64_t i = 0; i < r.size(); ++i) r.data()[i] = std::atan2(y.data()[i], x.data()[i]);
  }
  static constexpr auto gradient = [](auto d, auto, auto y, auto x) {
    auto const size = square(x) + square(y);
    return std::tuple{d * x / size, -(d * y / size)};
  };
};

/// Row sums of a matrix weighted by whole numbers, without a gradient for these; it knows the valid rows.
struct weighted_rows {
  template <class X, class W>
  struct of;
  template <class T, int B, int N, class W>
  struct of<basic_value<T, B, N>, W> {
    using type = basic_value<T, B>;
  };
  template <class X, class W>
  using result = typename of<X, W>::type;
  template <class X, class W, class Y>
  static void kernel(X x, W w, Y y, std::int64_t rows) {
    for (std::int64_t r = 0; r < rows; ++r) {
      y(r) = 0;
      for (int i = 0; i < x.shape()[1]; ++i) y(r) += x(r, i) * static_cast<typename Y::value_type>(w(i));
    }
  }
  static constexpr auto gradient = [](auto d, auto, auto x, auto w) {
    using T = typename decltype(x)::element_type;
    constexpr int rows = decltype(d)::shape()[0];
    return std::tuple{reshape<rows, 1>(d) * convert<T>(w) + zeros_like(x), no_gradient{}};
  };
};

}  // namespace

TEST_CASE("a primitive of one's own runs, and has a gradient and a gradient of that") {
  auto const all = [](auto x) {
    auto first = grad<0>([](auto v) { return sum(custom<cube>(v)); });
    auto second = grad<0>([=](auto v) { return sum(first(v) * v); });
    return std::tuple{custom<cube>(x), first(x), second(x), grad<0>([=](auto v) { return sum(second(v)); })(x)};
  };
  tensor<float, 4> const x{-2, 0, 1, 3};
  auto const [y, first, second, third] = evaluate(cpu, all, x);
  for (int i = 0; i < 4; ++i) {
    CHECK(y[i] == x[i] * x[i] * x[i]);
    CHECK(first[i] == 3 * x[i] * x[i]);
    CHECK(second[i] == 9 * x[i] * x[i]);  // of 3 x^3
    CHECK(third[i] == 18 * x[i]);
  }
}

TEST_CASE("a primitive of two operands gives each its gradient") {
  auto const all = [](auto y, auto x) {
    auto value = [](auto a, auto b) { return sum(custom<angle>(a, b)); };
    auto [dy, dx] = grad<0, 1>(value)(y, x);
    auto slope = [=](auto a, auto b) {
      auto [p, q] = grad<0, 1>(value)(a, b);
      return sum(p) + 2 * sum(q);
    };
    return std::tuple{custom<angle>(y, x), dy, dx, grad<0>(slope)(y, x)};
  };
  tensor<double, 2> const y{1, 2}, x{3, -0.5};
  auto const [r, dy, dx, mixed] = evaluate(cpu, all, y, x);
  for (int i = 0; i < 2; ++i) {
    double const s = x[i] * x[i] + y[i] * y[i];
    CHECK(r[i] == std::atan2(y[i], x[i]));
    CHECK(dy[i] == doctest::Approx(x[i] / s));
    CHECK(dx[i] == doctest::Approx(-y[i] / s));
    CHECK(mixed[i] == doctest::Approx(-2 * x[i] * y[i] / (s * s) - 2 * (s - 2 * y[i] * y[i]) / (s * s)));
  }
}

namespace {

constexpr auto with_own = [](auto x) {
  auto const w = convert<std::int32_t>(2 * (zeros_like(sum(x, axes<0>)) + 1));
  return custom<cube>(linear<2>(x)) + reshape<decltype(x)::shape()[0], 1>(custom<weighted_rows>(x, w));
};
constexpr auto written_out = [](auto x) {
  auto y = linear<2>(x);
  return y * y * y + 2 * reshape<decltype(x)::shape()[0], 1>(sum(x, axes<1>));
};
constexpr auto penalised = [](auto net, auto x, auto wanted) {
  auto loss = [=](auto v) { return mse(net(v), wanted); };
  return loss(x) + 0.1f * sum(square(grad<0>(loss)(x)));
};

}  // namespace

TEST_CASE("a network with primitives of one's own trains as the same one without, on partial batches too") {
  auto own = model(with_own, input<3>, target<float, 2>, cpu, seed{1});
  auto plain = model(written_out, input<3>, target<float, 2>, cpu, seed{1});
  auto t = make_trainer(own, penalised, sgd{.learning_rate = 1e-3f}, batch<4>);
  auto u = make_trainer(plain, penalised, sgd{.learning_rate = 1e-3f}, batch<4>);
  tensor<float, 4, 3> x;
  tensor<float, 4, 2> y;
  tensor<float, 2, 3> less;
  tensor<float, 2, 2> wanted;
  random_normal(x, seed{1}, 0.5f);
  random_normal(y, seed{2});
  random_normal(less, seed{3}, 0.5f);
  random_normal(wanted, seed{4});
  for (int step = 0; step < 10; ++step) {
    CHECK(t.step(x, y) == doctest::Approx(u.step(x, y)).epsilon(1e-4));
    CHECK(t.step(less, wanted) == doctest::Approx(u.step(less, wanted)).epsilon(1e-4));
  }
}
