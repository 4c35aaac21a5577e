// SPDX-License-Identifier: MIT
#include <ashlar/expr/extremum.hpp>

#include <limits>

#include "support/check.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;

struct smallest {
  constexpr auto operator()(auto x) const { return min(x, axes<1>) * min(x) + sum(min_keep(x, axes<0, 2>)); }
};
constexpr auto indices = [](auto x) {
  return std::tuple{argmax(x, axes<1>), argmax_keep(x, axes<0>), argmin(x, axes<-1>), argmax(x), argmin(x)};
};

}  // namespace

TEST_CASE("min over some axes and all agrees with the oracle, and its two gradients") {
  proof::check_function<smallest, doubles<2, 5, 3>>();
}

TEST_CASE("argmax and argmin name the first of equal elements, along an axis or of all") {
  auto check = [&]<class T>(T) {
    tensor<T, 3, 4> const x{1, 7, 7, 2, 7, 0, 0, 5, 3, 3, 3, 3};
    auto const [columns, rows, low, all, least] = evaluate(cpu, indices, x);
    CHECK(columns == tensor<std::int32_t, 3>{1, 0, 0});
    CHECK(rows == tensor<std::int32_t, 1, 4>{1, 0, 0, 1});
    CHECK(low == tensor<std::int32_t, 3>{0, 1, 0});
    CHECK(all == 1);
    CHECK(least == 5);
  };
  check(float{});
  check(double{});
  check(std::int32_t{});
  check(std::int64_t{});
  check(std::uint8_t{});
}

TEST_CASE("argmax counts NaN as largest, as PyTorch does, and finds -infinity among its like") {
  float const nan = std::numeric_limits<float>::quiet_NaN(), low = -std::numeric_limits<float>::infinity();
  tensor<float, 3, 3> const x{1, nan, 2, low, low, low, 5, nan, nan};
  CHECK(evaluate(
            cpu, [](auto v) { return argmax(v, axes<1>); }, x) == tensor<std::int32_t, 3>{1, 0, 1});
}

TEST_CASE("the smallest of whole numbers is exact to the ends of their range") {
  auto const least = [](auto x) { return min(x); };
  CHECK(evaluate(cpu, least, tensor<std::uint8_t, 3>{200, 0, 255}) == 0);
  CHECK(evaluate(cpu, least, tensor<std::int32_t, 2>{std::numeric_limits<std::int32_t>::min(), 3}) ==
        std::numeric_limits<std::int32_t>::min());
  CHECK(evaluate(cpu, least, tensor<bool, 2>{true, true}) == true);
}

TEST_CASE("the index of the largest of a whole batch is of its valid rows") {
  static constexpr auto first = [](auto x) { return x + convert<float>(argmax(x)); };
  auto net = model(first, input<2>, cpu, seed{1});
  tensor<float, 3, 2> const x{1, 2, 9, 4, 5, 6};
  CHECK(predict(net, x) == tensor<float, 3, 2>{3, 4, 11, 6, 7, 8});
}
