// SPDX-License-Identifier: MIT
#include <ashlar/expr/pointwise.hpp>

#include <limits>

#include "support/check.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;

/// Every smooth function of one value, each with a weight of its own.
struct smooth {
  template <class V>
  constexpr V operator()(V x) const {
    auto roots = 0.3 * sqrt(x) - 0.7 * rsqrt(x) + square(x) / 5 + 1.5 / x;
    return exp(-x) + 2 * log(x) + 3 * tanh(x) - 4 * sigmoid(x) + roots + (x - 1) * (2 - x);
  }
};
/// Both operands of every smooth operator.
struct joined {
  constexpr auto operator()(auto x, auto y) const { return (x + y) * (x - y) / (y * x); }
};
/// Every function with a kink, away from it: linear in pieces, so the second gradient is 0.
struct kinked {
  constexpr auto operator()(auto x, auto y) const {
    auto larger = maximum(x, y) + 2 * minimum(x, y) + maximum(x, 0.5) - minimum(y, -0.25);
    auto pieces = select(x > y, 3 * x, x - y) + select(x < 0, x + y, x / 2);
    return larger + pieces + 5 * relu(x) - 7 * abs(y) + sign(x) * y;
  }
};

proof::proof_options positive() { return {.draws = {.low = 0.3, .high = 3}}; }

}  // namespace

TEST_CASE("smooth functions and their two gradients agree with the oracle, whatever the size") {
  proof::check_function<smooth, doubles<33>>(positive());
  proof::check_recorded<smooth, doubles<>>(positive());
  proof::check_recorded<smooth, doubles<1>>(positive());
  proof::check_recorded<smooth, doubles<3, 1, 17>>(positive());
}

TEST_CASE("two operands broadcast by NumPy's rule, and their gradients are summed back") {
  proof::check_function<joined, doubles<3, 17>, doubles<17>>(positive());
  proof::check_recorded<joined, doubles<3, 17>, doubles<3, 17>>(positive());
  proof::check_recorded<joined, doubles<3, 1>, doubles<1, 17>>(positive());
  proof::check_recorded<joined, doubles<>, doubles<3, 17>>(positive());
  proof::check_recorded<joined, doubles<33, 1, 3>, doubles<2, 1>>(positive());
  proof::check_recorded<joined, doubles<1>, doubles<1>>(positive());
}

TEST_CASE("functions with kinks have the right gradients beside them, and none of second order") {
  proof::proof_options options;
  options.derivative = proof::second::zero;
  proof::check_function<kinked, doubles<3, 17>, doubles<17>>(options);
  proof::check_recorded<kinked, doubles<33>, doubles<33>>(options);
  proof::check_recorded<kinked, doubles<1>, doubles<1>>(options);
}

namespace {

float const not_a_number = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();

template <int N>
bool same(tensor<float, N> const& got, tensor<float, N> const& wanted) {
  for (int i = 0; i < N; ++i)
    if (!(got[i] == wanted[i] || (got[i] != got[i] && wanted[i] != wanted[i]))) return false;
  return true;
}

}  // namespace

TEST_CASE("comparisons give 0 and 1; NaN compares false") {
  tensor<float, 5> const x{1, 2, 3, not_a_number, -1}, y{2, 2, 2, 1, not_a_number};
  auto const [greater, less, same, positive, negative] = evaluate(
      cpu,
      [](auto a, auto b) {
        return std::tuple{a > b, a<b, equal(a, b), a> 0, a < 0};
      },
      x, y);
  CHECK(greater == tensor<bool, 5>{false, false, true, false, false});
  CHECK(less == tensor<bool, 5>{true, false, false, false, false});
  CHECK(same == tensor<bool, 5>{false, true, false, false, false});
  CHECK(positive == tensor<bool, 5>{true, true, true, false, false});
  CHECK(negative == tensor<bool, 5>{false, false, false, false, true});
}

TEST_CASE("compiled kernels keep the conventions at kinks and ties, in float and in double") {
  auto gradients = [](auto x, auto y) {
    auto r = [](auto v) { return sum(relu(v)); };
    auto a = [](auto v) { return sum(abs(v)); };
    auto s = [](auto v) { return sum(sqrt(maximum(v, 0))); };
    auto m = [](auto v, auto w) { return sum(maximum(v, w)); };
    auto n = [](auto v, auto w) { return sum(minimum(v, w)); };
    return std::tuple{grad<0>(r)(x), grad<0>(a)(x), grad<0>(s)(x), grad<0>(m)(x, y), grad<1>(n)(x, y)};
  };
  auto check = [&]<class T>(T) {
    tensor<T, 3> const x{-1, 0, 4}, y{-1, 1, 3};
    auto const [r, a, s, m, n] = evaluate(cpu, gradients, x, y);
    CHECK(r == tensor<T, 3>{0, 0, 1});
    CHECK(a == tensor<T, 3>{-1, 0, 1});
    CHECK(s == tensor<T, 3>{0, 0, T(0.25)});
    CHECK(m == tensor<T, 3>{T(0.5), 0, 1});
    CHECK(n == tensor<T, 3>{T(0.5), 0, 1});
  };
  check(0.0f);
  check(0.0);
}

TEST_CASE("NaN and infinities pass through compiled kernels as IEEE 754 has them") {
  tensor<float, 4> const x{not_a_number, infinity, -infinity, -0.0f};
  auto const [e, l, t, s, q, i] = evaluate(
      cpu, [](auto v) { return std::tuple{exp(v), log(v), tanh(v), sigmoid(v), sqrt(v), rsqrt(v)}; }, x);
  CHECK(same(e, {not_a_number, infinity, 0, 1}));
  CHECK(same(l, {not_a_number, infinity, not_a_number, -infinity}));
  CHECK(same(t, {not_a_number, 1, -1, 0}));
  CHECK(same(s, {not_a_number, 1, 0, 0.5f}));
  CHECK(same(q, {not_a_number, infinity, not_a_number, 0}));
  CHECK(same(i, {not_a_number, 0, not_a_number, -infinity}));
  tensor<float, 4> const y{1, not_a_number, 2, 0};
  auto const [r, a, g, larger, smaller, product] = evaluate(
      cpu, [](auto v, auto w) { return std::tuple{relu(v), abs(v), sign(v), maximum(v, w), minimum(v, w), v * w}; }, x,
      y);
  CHECK(same(r, {not_a_number, infinity, 0, 0}));
  CHECK(same(a, {not_a_number, infinity, infinity, 0}));
  CHECK(same(g, {not_a_number, 1, -1, 0}));
  CHECK(same(larger, {not_a_number, not_a_number, 2, 0}));
  CHECK(same(smaller, {not_a_number, not_a_number, -infinity, 0}));
  CHECK(same(product, {not_a_number, not_a_number, -infinity, 0}));
}

namespace {
/// What a NaN among x meets.
constexpr auto beside_not_a_number = [](auto x) {
  auto slope = [&](auto f) { return grad<0>([=](auto v) { return sum(f(v) * 3); })(x); };
  auto zeros = zeros_like(x);
  return std::tuple{sign(x), slope([](auto v) { return abs(v); }), slope(relu), slope(hardtanh),
                    slope([=](auto v) { return maximum(v, zeros) + minimum(zeros, v); })};
};
}  // namespace
TEST_CASE("the sign of NaN is NaN, and kinks pass the gradient on, as in PyTorch, but for abs, by every kernel") {
  using recorder = detail::function_recorder<std::remove_const_t<decltype(beside_not_a_number)>, value<5>>;
  proof::environment e;
  e.inputs.push_back({not_a_number, -0.5, 0, 0.5, 2});
  proof::results wanted;
  wanted.outputs = {
      {not_a_number, -1, 0, 1, 1}, {not_a_number, -3, 0, 3, 3}, {3, 0, 0, 3, 3}, {3, 3, 3, 3, 0}, {6, 3, 3, 3, 3}};
  proof::recording r;
  proof::record<recorder>(r);
  CHECK(proof::difference(proof::interpret(r, e), wanted, 0) == "");
  CHECK(proof::compiled_difference<cpu_policy<>, recorder>(e, wanted, 0) == "");
  CHECK(proof::compiled_difference<decltype(cpu.with(no_fusion)), recorder>(e, wanted, 0) == "");
}

TEST_CASE("select takes the chosen value even beside NaN, and so does its gradient") {
  tensor<float, 3> const x{1, 2, 3}, y{not_a_number, -1, infinity};
  auto chosen = [](auto a, auto b) { return sum(select(a > 0, a, log(b))); };
  auto const [value, gradient] = evaluate(cpu, value_and_grad<0>(chosen), x, y);
  CHECK(value == 6.0f);
  CHECK(gradient == tensor<float, 3>{1, 1, 1});
}

TEST_CASE("conversions truncate to whole numbers, and to bool as != 0, in the middle of an expression too") {
  tensor<float, 5> const x{-2.75f, -0.5f, 0, 0.5f, 300.25f};
  auto const [whole, truth, back, counted] = evaluate(
      cpu,
      [](auto v) {
        auto w = convert<std::int32_t>(v);
        return std::tuple{w, convert<bool>(v), convert<float>(w) + v, convert<double>(convert<bool>(v)) * 3};
      },
      x);
  CHECK(whole == tensor<std::int32_t, 5>{-2, 0, 0, 0, 300});
  CHECK(truth == tensor<bool, 5>{true, true, false, true, true});
  CHECK(back == tensor<float, 5>{-4.75f, -0.5f, 0, 0.5f, 600.25f});
  CHECK(counted == tensor<double, 5>{3, 3, 0, 3, 3});
}

TEST_CASE("whole numbers divide towards zero, in the middle of an expression too") {
  tensor<std::int32_t, 4> const x{7, -7, 6, 1}, y{2, 2, 3, 2};
  auto const [quotient, rest] = evaluate(
      cpu,
      [](auto a, auto b) {
        return std::tuple{a / b, a - a / b * b};
      },
      x, y);
  CHECK(quotient == tensor<std::int32_t, 4>{3, -3, 2, 0});
  CHECK(rest == tensor<std::int32_t, 4>{1, -1, 0, 1});
}

TEST_CASE("int64 counts past what a float can hold") {
  tensor<std::int64_t, 2> const x{16777217, -9007199254740991};
  CHECK(evaluate(
            cpu, [](auto v) { return v + 1; }, x) == tensor<std::int64_t, 2>{16777218, -9007199254740990});
}

TEST_CASE(">= and <= are true of equals and false of NaN; select takes numbers and broadcasts") {
  auto compare = [](auto x, auto y) {
    auto as_numbers = [](auto condition) { return convert<int>(condition); };
    auto both = x;
    both += y;
    both *= 2.0f;
    return std::tuple{as_numbers(x >= y), as_numbers(x <= y), select(x >= 1.0f, 5.0f, y),
                      select(x <= 1.0f, x, sum_keep(y, axes<0>)), both};
  };
  float const nan = std::numeric_limits<float>::quiet_NaN();
  auto const [above, below, chosen, stretched, both] =
      evaluate(cpu, compare, tensor<float, 4>{1, 2, nan, 0}, tensor<float, 4>{1, 1, 1, 1});
  int const wanted_above[] = {1, 1, 0, 0}, wanted_below[] = {1, 0, 0, 1};
  float const wanted_chosen[] = {5, 5, 1, 1}, wanted_stretched[] = {1, 4, 4, 0};
  for (int i = 0; i < 4; ++i) {
    CAPTURE(i);
    CHECK(above(i) == wanted_above[i]);
    CHECK(below(i) == wanted_below[i]);
    CHECK(chosen(i) == wanted_chosen[i]);
    CHECK(stretched(i) == wanted_stretched[i]);
  }
  CHECK(both(1) == 6);
}

TEST_CASE("equal takes numbers, and ! turns a condition around") {
  auto const kinds = [](auto x) { return std::tuple{equal(x, 2), !equal(x, x), select(!(x > 0), -1, x)}; };
  auto const [two, not_a_number, positive] = evaluate(cpu, kinds, tensor<float, 3>{2, -3, std::nanf("")});
  CHECK(two == tensor<bool, 3>{true, false, false});
  CHECK(not_a_number == tensor<bool, 3>{false, false, true});
  CHECK(positive == tensor<float, 3>{2, -1, -1});
}
