// SPDX-License-Identifier: MIT
#include <ashlar/expr/reduction.hpp>

#include <limits>

#include "support/check.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;

/// Reductions over the last axis, with work before, between and after them.
struct along_rows {
  constexpr auto operator()(auto x) const {
    auto centred = x - mean_keep(x, axes<-1>);
    return centred * sum_keep(square(centred), axes<-1>) + 0.5 * max_keep(x, axes<-1>);
  }
};
/// Reductions over the first axis.
struct along_columns {
  constexpr auto operator()(auto x) const { return tanh(sum(x, axes<0>)) + max(x, axes<0>) * mean(x, axes<0>); }
};
/// Reductions over an axis in the middle, over two outer ones, and over all.
struct in_the_middle {
  constexpr auto operator()(auto x) const {
    auto middle = sum(x, axes<1>);
    auto outer = max_keep(x, axes<0, 2>);
    return middle * middle + sum(outer * x, axes<1>) + max(x) * mean(x);
  }
};
/// Linear in x.
struct sums_and_maxima {
  constexpr auto operator()(auto x) const { return sum(x) + max(x) + sum(max(x, axes<-1>)) + sum(mean(x, axes<0>)); }
};

}  // namespace

TEST_CASE("reductions along rows and their two gradients agree with the oracle, whatever the size") {
  proof::check_function<along_rows, doubles<3, 33>>();
  proof::check_recorded<along_rows, doubles<17>>();
  proof::check_recorded<along_rows, doubles<33, 3>>();
  proof::check_recorded<along_rows, doubles<3, 1, 17>>();
}

TEST_CASE("reductions along columns and their two gradients agree with the oracle, whatever the size") {
  proof::check_function<along_columns, doubles<3, 33>>();
  proof::check_recorded<along_columns, doubles<17, 1>>();
  proof::check_recorded<along_columns, doubles<33, 3, 2>>();
  proof::check_recorded<along_columns, doubles<1, 17>>();
}

TEST_CASE("reductions over any axes and their two gradients agree with the oracle") {
  proof::check_function<in_the_middle, doubles<3, 5, 17>>();
  proof::check_recorded<in_the_middle, doubles<1, 3, 1>>();
  proof::check_recorded<in_the_middle, doubles<2, 33, 3>>();
}

TEST_CASE("sums, means and maxima have no gradient of second order") {
  proof::proof_options options;
  options.derivative = proof::second::zero;
  proof::check_recorded<sums_and_maxima, doubles<3, 17>>(options);
  proof::check_recorded<sums_and_maxima, doubles<1, 1>>(options);
}

TEST_CASE("negative axes count from the last; reduced axes vanish or stay as 1") {
  using x = doubles<2, 3, 5>;
  static_assert(std::is_same_v<decltype(sum(x{}, axes<-1>)), doubles<2, 3>>);
  static_assert(std::is_same_v<decltype(sum_keep(x{}, axes<-2>)), doubles<2, 1, 5>>);
  static_assert(std::is_same_v<decltype(max(x{}, axes<0, 2>)), doubles<3>>);
  static_assert(std::is_same_v<decltype(mean_keep(x{}, axes<0, -1>)), doubles<1, 3, 1>>);
  static_assert(std::is_same_v<decltype(mean(x{})), doubles<>>);
}

TEST_CASE("functions along an axis take it in angle brackets and as axes, which is the same") {
  detail::graph g;
  using matrix = basic_value<float, 3, 4>;
  matrix const x{&g, detail::add_leaf(g, detail::op::input, dtype::float32, matrix::shape(), 0, 0)};
  basic_value<std::int32_t, 3, 4> const at{&g,
                                           detail::add_leaf(g, detail::op::input, dtype::int32, matrix::shape(), 0, 1)};
  auto same = []<class V>(V const& a, V const& b) { return a.id == b.id && a.id >= 0; };
  CHECK(same(sum<0>(x), sum(x, axes<0>)));
  CHECK(same(sum<0, -1>(x), sum(x, axes<0, 1>)));
  CHECK(same(sum_keep<1>(x), sum_keep(x, axes<1>)));
  CHECK(same(mean<-1>(x), mean(x, axes<1>)));
  CHECK(same(mean_keep<0>(x), mean_keep(x, axes<0>)));
  CHECK(same(max<0>(x), max(x, axes<0>)));
  CHECK(same(max_keep<1>(x), max_keep(x, axes<1>)));
  CHECK(same(min<1>(x), min(x, axes<1>)));
  CHECK(same(min_keep<0, 1>(x), min_keep(x, axes<0, 1>)));
  CHECK(same(argmax<1>(x), argmax(x, axes<1>)));
  CHECK(same(argmax_keep<0>(x), argmax_keep(x, axes<0>)));
  CHECK(same(argmin<-1>(x), argmin(x, axes<1>)));
  CHECK(same(argmin_keep<1>(x), argmin_keep(x, axes<1>)));
  CHECK(same(flip<0, 1>(x), flip(x, axes<0, 1>)));
  CHECK(same(cumsum(x, axes<1>), cumsum<1>(x)));
  CHECK(same(positions(x, axes<-1>), positions<1>(x)));
  CHECK(same(take(x, at, axes<1>), take<1>(x, at)));
  CHECK(same(gather(x, at, axes<0>), gather<0>(x, at)));
  CHECK(same(scatter_add(x, at, x, axes<1>), scatter_add<1>(x, at, x)));
  CHECK(cumsum(x, axes<0>).id != cumsum<1>(x).id);
}

TEST_CASE("the maximum shares its gradient among ties and lets NaN through") {
  float const not_a_number = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  auto largest = [](auto x) { return sum(max(x, axes<-1>)); };
  tensor<float, 3, 4> const x{1, 7, 7, 2, 5, 5, 5, 5, -infinity, -infinity, -infinity, -infinity};
  auto const gradient = evaluate(cpu, grad<0>(largest), x);
  CHECK(gradient == tensor<float, 3, 4>{0, 0.5f, 0.5f, 0, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f});
  for (int at = 0; at < 33; at += 4) {
    tensor<float, 2, 33> y;
    y(1, at) = not_a_number;
    auto const [rows, columns, all, total] = evaluate(
        cpu,
        [](auto v) {
          return std::tuple{max(v, axes<1>), max(v, axes<0>), max(v), sum(v)};
        },
        y);
    CHECK(rows[0] == 0);
    CHECK(std::isnan(rows[1]));
    CHECK(std::isnan(columns[at]));
    CHECK(columns[at ? 0 : 1] == 0);
    CHECK(std::isnan(all[0]));
    CHECK(std::isnan(total[0]));
  }
}
