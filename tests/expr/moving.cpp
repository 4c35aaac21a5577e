// SPDX-License-Identifier: MIT
#include <ashlar/expr/moving.hpp>

#include "support/check.hpp"
#include "support/layer_proof.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;

struct cut_and_joined {
  constexpr auto operator()(auto x, auto y) const {
    auto both = concat<1>(slice<1, 1, 5, 2>(x), y, slice<-1, -2>(x));  // [3, 2 + 2 + 2]
    return both * flip(roll<1, 2>(both), axes<0, 1>) + cumsum<0>(both);
  }
};
struct joined_with_itself {
  constexpr auto operator()(auto x, auto y) const {
    auto const rows = concat<0>(square(stack<0>(x, y, x)), stack<0>(x, x, x));
    auto const columns = stack<1>(y, y);
    return rows * concat<0>(columns, stack<1>(x, x), columns);
  }
};
struct read_in_slices {  // which together are all of x, in another order
  constexpr auto operator()(auto x) const {
    auto const last = slice<1, 7, 11>(x), first = slice<1, 0, 4>(x);
    auto const rest = concat<1>(slice<1, 5, 7>(x), square(slice<1, 5, 7>(x)));
    return square(last) * first * slice<1, 4, 5>(x) + rest;
  }
};
struct framed {
  constexpr auto operator()(auto x) const { return square(pad<1, 2, 1>(pad<0, 1>(x, 0.5), -1)) + 1; }
};
struct rows_kept {  // of every sample its columns, moved in every way
  constexpr auto operator()(auto x) const {
    auto wide = concat<1>(x, flip(x, axes<1>), cumsum<1>(x), 2 * x);
    return cumsum<0>(pad<1, 1>(roll<1, -1>(slice<1, 2, 11, 3>(wide)))) * 0.5f + sum(stack<1>(x, square(x)));
  }
};
constexpr auto parts = [](auto x) {
  return std::tuple{slice<1, 1, 3>(x), slice<0, -1>(x), slice<1, 0, 4, 3>(x), flip(x, axes<1>),
                    roll<1, 1>(x),     cumsum<1>(x),    pad<1, 1, 2>(x, 7)};
};

}  // namespace

TEST_CASE("slices, concat, flip, roll and cumsum agree with the oracle, and their two gradients") {
  proof::check_function<cut_and_joined, doubles<3, 6>, doubles<3, 2>>();
  proof::check_function<framed, doubles<3, 4>>();
  proof::check_function<read_in_slices, doubles<3, 11>>();
}

TEST_CASE("a value may be joined with itself") {
  proof::check_function<joined_with_itself, doubles<2>, doubles<2>>();
  auto const twice = [](auto x) { return std::tuple{concat<0>(x, x), concat<0>(x, x + 1, x)}; };
  auto const [two, three] = evaluate(cpu, twice, tensor<float, 2>{1, 2});
  CHECK(two == tensor<float, 4>{1, 2, 1, 2});
  CHECK(three == tensor<float, 6>{1, 2, 2, 3, 1, 2});
}

TEST_CASE("what moves along other axes keeps the rows of the batch") {
  proof::check_layer<5>(rows_kept{}, input<5>);
  proof::check_compiled_layer<5>(rows_kept{}, input<5>);
}

TEST_CASE("elements of every dtype stand where NumPy has them") {
  auto check = [&]<class T>(T) {
    tensor<T, 2, 4> const x{1, 2, 3, 4, 5, 6, 7, 8};
    auto const [middle, last, ends, mirrored, rolled, sums, padded] = evaluate(cpu, parts, x);
    CHECK(middle == tensor<T, 2, 2>{2, 3, 6, 7});
    CHECK(last == tensor<T, 1, 4>{5, 6, 7, 8});
    CHECK(ends == tensor<T, 2, 2>{1, 4, 5, 8});
    CHECK(mirrored == tensor<T, 2, 4>{4, 3, 2, 1, 8, 7, 6, 5});
    CHECK(rolled == tensor<T, 2, 4>{4, 1, 2, 3, 8, 5, 6, 7});
    CHECK(sums == tensor<T, 2, 4>{1, 3, 6, 10, 5, 11, 18, 26});
    CHECK(padded == tensor<T, 2, 7>{7, 1, 2, 3, 4, 7, 7, 7, 5, 6, 7, 8, 7, 7});
  };
  check(float{});
  check(double{});
  check(std::int32_t{});
  check(std::int64_t{});
  check(std::uint8_t{});
  auto const [a, b, c, mirrored, rolled, counts, padded] = evaluate(cpu, parts, tensor<bool, 1, 4>{0, 1, 0, 1});
  CHECK(mirrored == tensor<bool, 1, 4>{1, 0, 1, 0});
  CHECK(counts == tensor<std::int64_t, 1, 4>{0, 1, 1, 2});
  CHECK(padded == tensor<bool, 1, 7>{1, 0, 1, 0, 1, 1, 1});
}

TEST_CASE("many operands are joined in their order, and stacked along a new axis") {
  auto const joined = [](auto a, auto b) {
    return std::tuple{concat<0>(a, b, 2 * a, 2 * b, 3 * a, 3 * b, 4 * a), stack<0>(a, b), stack<-1>(a, b)};
  };
  auto const [line, first, last] = evaluate(cpu, joined, tensor<float, 2>{1, 2}, tensor<float, 2>{3, 4});
  CHECK(line == tensor<float, 14>{1, 2, 3, 4, 2, 4, 6, 8, 3, 6, 9, 12, 4, 8});
  CHECK(first == tensor<float, 2, 2>{1, 2, 3, 4});
  CHECK(last == tensor<float, 2, 2>{1, 3, 2, 4});
}

TEST_CASE("a running sum of many floats keeps the accuracy of a sum in double") {
  tensor<float, 100000> x;
  x.fill(0.1f);
  auto const y = evaluate(
      cpu, [](auto v) { return cumsum<0>(v); }, x);
  CHECK(y[99999] == doctest::Approx(static_cast<double>(0.1f) * 100000).epsilon(1e-7));
}
