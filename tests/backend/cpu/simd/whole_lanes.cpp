// SPDX-License-Identifier: MIT
#include <limits>
#include <random>

#include <ashlar/ashlar.hpp>

#include "support/check_graph.hpp"
#include "support/combinations.hpp"
#include "support/run_compiled.hpp"
#include "support/whole_numbers.hpp"

#include <doctest/doctest.h>

using namespace ashlar;

namespace {

/// Numbers near the ends of a type, near 2^24 and 2^53, and small ones.
template <class T>
proof::numbers extreme(std::int64_t count, unsigned number) {
  std::int64_t const around[] = {0,
                                 1 << 24,
                                 -(1 << 24),
                                 std::int64_t{1} << 53,
                                 -(std::int64_t{1} << 53),
                                 std::numeric_limits<T>::max(),
                                 std::numeric_limits<T>::min(),
                                 7};
  std::mt19937_64 bits(number);
  proof::numbers all;
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t const near = around[bits() % 8];
    auto const x = static_cast<std::uint64_t>(near) + bits() % 9 - 4;
    all.push_back(proof::wrapped(dtype_of<T>, static_cast<std::int64_t>(x)));
  }
  return all;
}

/// Floats that any type here holds, with a fraction.
proof::numbers fractions(std::int64_t count) {
  proof::numbers all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(static_cast<double>(i * 37 % 101 - 50) / 4);
  return all;
}
template <class T>
proof::numbers drawn(std::int64_t count, unsigned number) {
  if constexpr (is_floating(dtype_of<T>))
    return fractions(count);
  else
    return extreme<T>(count, number);
}

/// Proves a function of values X exactly: every plan by reference kernels, then compiled kernels on every instruction
/// set, fused and, if `Unfused`, not.
template <bool Unfused, class F, class... X>
void check_compiled(F, X...) {
  using recorder = detail::function_recorder<F, X...>;
  proof::recording r;
  proof::record<recorder>(r);
  proof::environment e;
  (e.inputs.push_back(drawn<typename X::element_type>(X::shape().size(), 1 + e.inputs.size())), ...);
  proof::results const wanted = proof::interpret(r, e);
  for (bool fuse : {true, false})
    for (bool reuse : {true, false}) CHECK(proof::difference(proof::planned(r, {fuse, reuse}).run(e), wanted, 0) == "");
  CHECK(proof::compiled_difference<cpu_policy<>, recorder>(e, wanted, 0) == "");
  if constexpr (Unfused)
    CHECK(proof::compiled_difference<decltype(cpu.with(no_fusion, no_reuse)), recorder>(e, wanted, 0) == "");
}
template <class F, class... X>
void check_exact(F f, X... x) {
  check_compiled<proof::most_combinations>(f, x...);
}
/// Where another type's kernels are also tried unfused: a kernel of one operation has the arithmetic of fused ones, and
/// loads and stores do not ask for the plan.
template <class F, class... X>
void check_fused(F f, X... x) {
  check_compiled<proof::every_combination>(f, x...);
}

/// Everything that stays inside a dtype.
auto const arithmetic = [](auto x, auto y) {
  auto product = (x + y) * (x - y) - square(y);
  auto chosen = select(x > y, product, abs(x) - sign(y));
  return std::tuple{product, chosen, maximum(x, -y), minimum(x, y - 3), x / y, 5 - x / 3, relu(x), equal(x, y), x < 1};
};
auto const reductions = [](auto x) {
  auto centred = x - max_keep(x, axes<-1>);
  return std::tuple{sum(x),           max(x),          sum(x, axes<0>),    max(x, axes<0>),           sum(x, axes<-1>),
                    max(x, axes<-1>), sum(x, axes<1>), max(x, axes<0, 2>), sum(centred * x, axes<-1>)};
};
auto const conversions = [](auto x) {
  return std::tuple{
      convert<bool>(x),  convert<std::uint8_t>(x), convert<std::int32_t>(x),      convert<std::int64_t>(x),
      convert<float>(x), convert<double>(x),       maximum(convert<float>(x), 0), convert<double>(x) / 2};
};
/// Whole numbers and floats in one expression.
auto const mixed = [](auto x, auto f) {
  auto chosen = select(x > 16777217, f, -f);
  auto step = convert<float>(x) - convert<float>(x - 1);
  return std::tuple{chosen,
                    step,
                    select(equal(x, x + 0), f, step),
                    convert<typename decltype(x)::element_type>(f) + x,
                    sum(select(x < 0, -f, f), axes<-1>),
                    max(convert<double>(x) * 2, axes<0>)};
};
auto const truths = [](auto x, auto y) {
  auto a = x > y, b = equal(x, y);
  return std::tuple{
      a + b,        a - b,           b - a,        a * b, a / b, -a, sum(a), sum(b, axes<0>), sum_keep(a, axes<-1>),
      cumsum<1>(a), max(b, axes<0>), maximum(a, b)};
};
auto const shapes = [](auto x) {
  auto flat = reshape<105>(x);
  return std::tuple{flat, reshape<15, 7>(flat + 1), permute<2, 0, 1>(x), x + max_keep(x, axes<0>)};
};

}  // namespace

TEST_CASE("whole numbers compute exactly and wrap around, fused or not, on every instruction set") {
  check_exact(arithmetic, basic_value<std::int32_t, 3, 37>{}, basic_value<std::int32_t, 37>{});
  check_fused(arithmetic, basic_value<std::int64_t, 3, 37>{}, basic_value<std::int64_t, 37>{});
  check_exact(arithmetic, basic_value<std::uint8_t, 3, 37>{}, basic_value<std::uint8_t, 37>{});
}

TEST_CASE("sums and maxima of whole numbers are exact over any axes") {
  check_exact(reductions, basic_value<std::int32_t, 3, 5, 37>{});
  check_fused(reductions, basic_value<std::int64_t, 3, 5, 37>{});
  check_exact(reductions, basic_value<std::uint8_t, 3, 5, 37>{});
}

TEST_CASE("whole numbers convert exactly to each other, and to floats by one rounding") {
  check_fused(conversions, basic_value<std::int32_t, 37>{});
  check_exact(conversions, basic_value<std::int64_t, 37>{});
  check_fused(conversions, basic_value<std::uint8_t, 37>{});
  check_exact(conversions, basic_value<bool, 37>{});
}

TEST_CASE("whole numbers meet floats in one expression, each in its own arithmetic") {
  check_exact(mixed, basic_value<std::int32_t, 3, 37>{}, basic_value<float, 3, 37>{});
  check_fused(mixed, basic_value<std::int64_t, 3, 37>{}, basic_value<float, 3, 37>{});
}

TEST_CASE("on bool + is or, - is unequal, * and / are and, max is any, and a sum counts") {
  check_exact(truths, basic_value<std::int32_t, 3, 37>{}, basic_value<std::int32_t, 37>{});
  check_fused(truths, basic_value<std::int64_t, 3, 37>{}, basic_value<std::int64_t, 37>{});
}

TEST_CASE("views and copies keep every bit of whole numbers") {
  check_fused(shapes, basic_value<std::int32_t, 3, 5, 7>{});
  check_fused(shapes, basic_value<std::int64_t, 3, 5, 7>{});
  check_exact(shapes, basic_value<std::uint8_t, 3, 5, 7>{});
}
