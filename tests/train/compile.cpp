// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <type_traits>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

inline constexpr auto energy = [](auto x, auto w) { return sum(square(tanh(matmul(x, w)))); };
inline constexpr auto product = [](auto a, auto b) { return sum(a * a * b); };

tensor<float, 3> const a{1, 2, 3};
tensor<float, 3> const b{4, 5, 6};

}  // namespace

TEST_CASE("evaluate: a function's result is a tensor of its own") {
  auto y = evaluate(
      cpu, [](auto x) { return x * 2.0f + 1.0f; }, a);
  static_assert(std::is_same_v<decltype(y), tensor<float, 3>>);
  CHECK(y == tensor<float, 3>{3, 5, 7});
  auto const total = evaluate(cpu, product, a, b);
  static_assert(std::is_same_v<decltype(total), tensor<float> const>);
  CHECK(total == 4 + 4 * 5 + 9 * 6);
}

namespace {

/// Whether a compiled function's only step reads the caller's tensors.
template <class F>
constexpr bool reads_in_place(F const&) {
  return detail::cpu_executor<typename F::program>::reads_inputs_in_place;
}

}  // namespace

TEST_CASE("compile: a function of one step reads its inputs where the caller has them, others copy them") {
  tensor<float, 2, 3> const x{1, 2, 3, 4, 5, 6};
  tensor<float, 3, 2> const y{1, 0, 0, 2, 1, 1}, z{0, 1, 1, 0, 0, 0};
  auto times = compile(
      cpu, [](auto p, auto q) { return matmul(p, q); }, x, y);
  CHECK(reads_in_place(times));
  CHECK(times.evaluate(x, y) == tensor<float, 2, 2>{4, 7, 10, 16});
  CHECK(times.evaluate(x, z) == tensor<float, 2, 2>{2, 1, 5, 4});
  CHECK(x == tensor<float, 2, 3>{1, 2, 3, 4, 5, 6});
  auto difference = compile(
      cpu, [](auto p, auto q) { return p - 2.0f * q; }, a, b);
  CHECK(reads_in_place(difference));
  CHECK(difference.evaluate(a, b) == tensor<float, 3>{-7, -8, -9});
  CHECK(difference.evaluate(b, a) == tensor<float, 3>{2, 1, 0});
  auto last = compile(
      cpu, [](auto p) { return slice<0, 1, 3>(p) * 2.0f; }, a);
  CHECK(last.evaluate(b) == tensor<float, 2>{10, 12});
  auto unchanged = compile(
      cpu, [](auto p) { return p; }, a);
  CHECK(unchanged.evaluate(b) == b);
  auto twice = compile(
      cpu, [](auto p, auto q) { return matmul(matmul(p, q), matmul(p, q)); }, x, y);
  CHECK_FALSE(reads_in_place(twice));
  CHECK(twice.evaluate(x, z) == tensor<float, 2, 2>{9, 6, 30, 21});
}

TEST_CASE("evaluate: gradients are those of the formula") {
  tensor<float, 3> const da = evaluate(cpu, grad<0>(product), a, b);
  tensor<float, 3> const db = evaluate(cpu, grad<1>(product), a, b);
  CHECK(da == tensor<float, 3>{8, 20, 36});
  CHECK(db == tensor<float, 3>{1, 4, 9});
}

TEST_CASE("evaluate: grad of several arguments is a tuple in their order") {
  auto const [da, db] = evaluate(cpu, grad<0, 1>(product), a, b);
  CHECK(da == tensor<float, 3>{8, 20, 36});
  CHECK(db == tensor<float, 3>{1, 4, 9});
  auto const [first, second] = evaluate(cpu, grad<1, 0>(product), a, b);
  CHECK(first == db);
  CHECK(second == da);
}

TEST_CASE("evaluate: value_and_grad gives both from one trace") {
  auto const both = evaluate(cpu, value_and_grad<0>(product), a, b);
  CHECK(both.value == 78);
  CHECK(both.gradient == tensor<float, 3>{8, 20, 36});
  auto const three = evaluate(cpu, value_and_grad<0, 1>(product), a, b);
  CHECK(three.value == 78);
  CHECK(std::get<0>(three.gradient) == both.gradient);
  CHECK(std::get<1>(three.gradient) == tensor<float, 3>{1, 4, 9});
}

TEST_CASE("evaluate: a function of a gradient, and its gradient") {
  static constexpr auto cube = [](auto x) { return sum(x * x * x); };
  static constexpr auto slope = [](auto x) { return sum(square(grad<0>(cube)(x))); };  // 9 x^4
  CHECK(evaluate(cpu, slope, a) == 9 * (1 + 16 + 81));
  CHECK(evaluate(cpu, grad<0>(slope), a) == tensor<float, 3>{36, 36 * 8, 36 * 27});
}

TEST_CASE("evaluate: the whole tensor counts, no axis is a batch") {
  tensor<float, 4, 2> const x{1, 2, 3, 4, 5, 6, 7, 8};
  CHECK(evaluate(
            cpu, [](auto v) { return mean(v); }, x) == 4.5f);
  CHECK(evaluate(
            cpu, [](auto v) { return sum(v, axes<0>); }, x) == tensor<float, 2>{16, 20});
  CHECK(evaluate(
            cpu, [](auto v) { return transpose(v); }, x) == tensor<float, 2, 4>{1, 3, 5, 7, 2, 4, 6, 8});
  CHECK(evaluate(
            cpu, [](auto v) { return reshape<2, 4>(v); }, x) == tensor<float, 2, 4>{1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("evaluate: an argument, a constant, and one value twice are results like any other") {
  CHECK(evaluate(
            cpu, [](auto x) { return x; }, a) == a);
  CHECK(evaluate(
            cpu, [](auto x) { return zeros_like(x); }, a) == tensor<float, 3>());
  auto const [x, y, z] = evaluate(
      cpu,
      [](auto v) {
        auto twice = v + v;
        return std::tuple{twice, twice, v};
      },
      a);
  CHECK(x == tensor<float, 3>{2, 4, 6});
  CHECK(y == x);
  CHECK(z == a);
  CHECK(evaluate(cpu, grad<1>([](auto v, auto) { return sum(v); }), a, b) == tensor<float, 3>());
}

TEST_CASE("evaluate: doubles are computed in double") {
  tensor<double, 2> const x{1.0 / 3, 2.0 / 3};
  double const y = evaluate(
      cpu, [](auto v) { return sum(exp(v)); }, x);
  CHECK(y == doctest::Approx(std::exp(1.0 / 3) + std::exp(2.0 / 3)).epsilon(1e-14));
}

TEST_CASE("evaluate: integer arguments choose classes") {
  tensor<float, 2, 3> const logits{1, 2, 3, 3, 2, 1};
  tensor<std::int32_t, 2> const labels{2, 2};
  float const loss = evaluate(cpu, cross_entropy, logits, labels);
  double const all = std::log(std::exp(1.0) + std::exp(2.0) + std::exp(3.0));
  CHECK(loss == doctest::Approx(((all - 3) + (all - 1)) / 2).epsilon(1e-6));
}

TEST_CASE("evaluate: plans without fusion and without reuse give the same") {
  tensor<float, 8, 5> x;
  tensor<float, 5, 4> w;
  random_normal(x, seed{1});
  random_normal(w, seed{2});
  auto const expected = evaluate(cpu, grad<1>(energy), x, w);
  auto const unfused = evaluate(cpu.with(no_fusion), grad<1>(energy), x, w);
  auto const roomy = evaluate(cpu.with(no_reuse), grad<1>(energy), x, w);
  CHECK(roomy == expected);
  for (std::int64_t i = 0; i < expected.size(); ++i) CHECK(unfused[i] == doctest::Approx(expected[i]).epsilon(1e-5));
}

TEST_CASE("compile: a compiled function gives a number for a scalar, and again for other tensors") {
  auto f = compile(cpu, product, a, b);
  static_assert(std::is_same_v<decltype(f(a, b)), float>);
  CHECK(f(a, b) == 78);
  CHECK(f(b, a) == 16 + 50 + 108);
  CHECK(f(a, b) == 78);
}

TEST_CASE("compile: a view shows the memory of the function until its next call") {
  auto f = compile(
      cpu, [](auto x, auto y) { return x + y; }, a, b);
  auto const shown = f(a, b);
  CHECK(shown(0) == 5);
  tensor<float, 3> const kept = shown;
  auto const next = f(a, a);
  CHECK(next.data() == shown.data());
  CHECK(shown(0) == 2);
  CHECK(kept == tensor<float, 3>{5, 7, 9});
}

TEST_CASE("compile: a copy of a compiled function has memory of its own") {
  auto f = compile(
      cpu, [](auto x, auto y) { return x + y; }, a, b);
  auto g = f;
  auto const of_f = f(a, b);
  auto const of_g = g(a, a);
  CHECK(of_f(0) == 5);
  CHECK(of_g(0) == 2);
}

TEST_CASE("compile: several results are views of one run") {
  auto f = compile(cpu, value_and_grad<0, 1>(product), a, b);
  auto const [value, gradient] = f(a, b);
  static_assert(std::is_same_v<decltype(value), float const>);
  CHECK(value == 78);
  CHECK(std::get<0>(gradient)(2) == 36);
  CHECK(std::get<1>(gradient)(2) == 9);
}

TEST_CASE("compile: a sum of truth values says how many are true, as for NumPy and PyTorch") {
  tensor<float, 2, 3> const x{1, -2, 3, -4, -5, -6};
  CHECK(evaluate(
            cpu, [](auto v) { return sum(v > 0); }, x)[0] == 2);
  auto const [of_rows, of_columns, before] = evaluate(
      cpu,
      [](auto v) {
        return std::tuple{sum(v > 0, axes<1>), sum_keep(v < 0, axes<0>), cumsum<1>(v > 0)};
      },
      x);
  CHECK(std::is_same_v<decltype(of_rows), tensor<std::int64_t, 2> const>);
  CHECK(of_rows(0) == 2);
  CHECK(of_rows(1) == 0);
  CHECK(of_columns(0, 0) == 1);
  CHECK(of_columns(0, 1) == 2);
  CHECK(before(0, 2) == 2);
  CHECK(before(0, 1) == 1);
  CHECK(before(1, 2) == 0);
  auto const share = [](auto v) { return mean(convert<float>(v > 0)); };
  CHECK(evaluate(cpu, share, x)[0] == doctest::Approx(1.0 / 3));
}
