// SPDX-License-Identifier: MIT
#include <ashlar/expr/elementary.hpp>

#include <cmath>
#include <limits>

#include "support/check.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;

struct waves {
  constexpr auto operator()(auto x) const { return sin(x) * cos(2 * x) + erf(x); }
};
struct small_steps {
  constexpr auto operator()(auto x) const { return expm1(x) * log1p(square(x)); }
};
struct powers {
  constexpr auto operator()(auto x, auto y) const {
    return pow(x, y) + pow(x, 2.5) + pow(2, y) + pow(x, 3) * pow(x, -1);
  }
};
struct clamped {
  constexpr auto operator()(auto x) const { return clamp(x, -1, 0.5) * x; }
};

}  // namespace

TEST_CASE("sin, cos, erf, expm1 and log1p agree with the oracle, and their two gradients") {
  proof::check_function<waves, doubles<3, 33>>();
  proof::check_function<small_steps, doubles<3, 17>>();
}

TEST_CASE("powers of values by values and numbers agree with the oracle, and their two gradients") {
  proof::proof_options options;
  options.draws = {.low = 0.3, .high = 2};
  proof::check_function<powers, doubles<3, 17>, doubles<17>>(options);
}

TEST_CASE("clamp holds values between two numbers; its gradient passes at the borders, as PyTorch's") {
  proof::check_function<clamped, doubles<3, 17>>();
  auto both = [](auto x) {
    auto y = [](auto v) { return clamp(v, -1, 2); };
    return std::tuple{y(x), grad<0>([=](auto v) { return sum(y(v)); })(x)};
  };
  auto const [y, d] = evaluate(cpu, both, tensor<float, 5>{-3, -1, 0, 2, 5});
  CHECK(y == tensor<float, 5>{-1, -1, 0, 2, 2});
  CHECK(d == tensor<float, 5>{0, 1, 1, 1, 0});
  CHECK(evaluate(
            cpu, [](auto v) { return clamp(v, -1, 2); }, tensor<std::int32_t, 3>{-7, 1, 9}) ==
        tensor<std::int32_t, 3>{-1, 1, 2});
  CHECK(std::isnan(evaluate(
      cpu, [](auto v) { return clamp(v, -1, 2); }, tensor<float, 1>{std::nanf("")})[0]));
}

TEST_CASE("clamp between bounds in the wrong order gives the upper one, as NumPy does") {
  auto const crossed = [](auto v) { return clamp(v, 2, 1.5); };
  CHECK(evaluate(cpu, crossed, tensor<float, 4>{0, 1.5f, 1.75f, 3}) == tensor<float, 4>{1.5f, 1.5f, 1.5f, 1.5f});
}

TEST_CASE("floor rounds down, keeps -0 and what has no fraction, and whole numbers") {
  auto const rounded = [](auto x) { return floor(x); };
  float const large = 16777218, infinity = std::numeric_limits<float>::infinity();
  auto const y = evaluate(cpu, rounded, tensor<float, 8>{1.5f, -1.5f, -0.0f, 2, -7, large, -large, infinity});
  CHECK(y == tensor<float, 8>{1, -2, 0, 2, -7, large, -large, infinity});
  CHECK(std::signbit(y[2]));
  CHECK(evaluate(cpu, rounded, tensor<double, 2>{4503599627370495.5, -0.5}) == tensor<double, 2>{4503599627370495, -1});
  CHECK(evaluate(cpu, rounded, tensor<std::int32_t, 2>{-3, 5}) == tensor<std::int32_t, 2>{-3, 5});
}

TEST_CASE("whole powers of whole numbers are exact and wrap around; below 1 they truncate") {
  auto const power = [](auto x, auto y) { return pow(x, y); };
  tensor<std::int32_t, 7> const x{3, -2, 7, 0, 1, -1, 5}, y{4, 31, 0, 0, -3, -3, -1};
  CHECK(evaluate(cpu, power, x, y) == tensor<std::int32_t, 7>{81, -2147483647 - 1, 1, 1, 1, -1, 0});
  CHECK(evaluate(cpu, power, tensor<std::int64_t, 1>{3}, tensor<std::int64_t, 1>{39})[0] == 4052555153018976267);
}
