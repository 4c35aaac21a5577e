// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <ashlar/core/tensor.hpp>
#include <ashlar/core/view.hpp>
#include <numeric>
#include <sstream>
#include <type_traits>

using namespace ashlar;

namespace {
template <int... Dims>
tensor<float, Dims...> counted() {
  tensor<float, Dims...> x;
  std::iota(x.begin(), x.end(), 0.0f);
  return x;
}

constexpr int constant_elements[6] = {0, 1, 2, 3, 4, 5};
constexpr view<int const, 2, 3> constant_view(constant_elements);
}  // namespace

static_assert(constant_view(1, 2) == 5 && constant_view.row(1)(0) == 3 && constant_view[1][0] == 3);
static_assert(constant_view.transpose()(2, 1) == 5 && constant_view.reshape<3, 2>()(2, 1) == 5);
static_assert(constant_view.slice<1, 2>(1) == constant_view.transpose().slice<0, 2>(1).transpose());
static_assert(std::is_convertible_v<view<float, 2>, view<float const, 2>>);
static_assert(!std::is_convertible_v<view<float const, 2>, view<float, 2>>);
static_assert(std::is_same_v<decltype(std::declval<tensor<float, 2> const&>().view()), view<float const, 2>>);

TEST_CASE("a view writes through to its tensor") {
  auto x = counted<2, 3>();
  x.view()(1, 2) = 9;
  CHECK(x(1, 2) == 9);
  x.view().row(0).fill(7);
  CHECK(x == tensor<float, 2, 3>{7, 7, 7, 3, 4, 9});
}

TEST_CASE("rows of a view drop axis 0, and the brackets of a vector give its elements") {
  auto x = counted<2, 3, 4>();
  auto row = x.view().row(1);
  static_assert(std::is_same_v<decltype(row), view<float, 3, 4>>);
  CHECK(row(2, 3) == x(1, 2, 3));
  CHECK(x.view()[1][2][3] == 23);
  static_assert(std::is_same_v<decltype(x.view()[1][2][3]), float&>);
  float const scalar = x.view().row(1).row(2).row(3);
  CHECK(scalar == 23);
}

TEST_CASE("a slice keeps the strides of what it was cut from") {
  auto x = counted<4, 5>();
  auto middle = x.view().slice<0, 2>(1).slice<1, 3>(2);
  static_assert(std::is_same_v<decltype(middle), view<float, 2, 3>>);
  CHECK(middle(0, 0) == x(1, 2));
  CHECK(middle(1, 2) == x(2, 4));
  CHECK_FALSE(middle.is_contiguous());
  CHECK(x.view().slice<0, 2>(1).is_contiguous());
  CHECK(copy(middle) == tensor<float, 2, 3>{7, 8, 9, 12, 13, 14});
}

TEST_CASE("a transposed view exchanges rows and columns without copying") {
  auto x = counted<2, 3>();
  auto t = x.view().transpose();
  static_assert(std::is_same_v<decltype(t), view<float, 3, 2>>);
  t(2, 0) = 9;
  CHECK(x(0, 2) == 9);
  CHECK(t.transpose() == x.view());
  tensor<float, 3, 2> const copied = t;
  CHECK(copied == tensor<float, 3, 2>{0, 3, 1, 4, 9, 5});
}

TEST_CASE("a reshape keeps the row-major order and refuses a view with gaps") {
  auto x = counted<2, 6>();
  CHECK(copy(x.view().reshape<3, 4>()) == counted<3, 4>());
  CHECK(x.view().reshape<12>()(7) == 7);
  CHECK_THROWS_WITH_AS((x.view().slice<1, 3>(0).reshape<6>()),
                       "view [2, 3]: reshape needs neighbours in memory; copy the view into a tensor first", error);
  CHECK_THROWS_AS(x.view().transpose().span(), error);
  CHECK(x.view().span().size() == 12);
}

TEST_CASE("extents of 1 leave a view contiguous whatever their strides") {
  auto x = counted<4, 5>();
  CHECK(x.view().slice<0, 1>(2).is_contiguous());
  CHECK(x.view().slice<1, 1>(2).slice<0, 1>(3).is_contiguous());
  CHECK_FALSE(x.view().slice<1, 1>(2).is_contiguous());
}

TEST_CASE("a stride of its own steps over elements, and a stride of 0 repeats them") {
  float memory[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  view<float, 2, 2> const strided(memory, {{4, 2}});
  CHECK(copy(strided) == tensor<float, 2, 2>{0, 2, 4, 6});
  view<float const, 2, 3> const repeated(memory + 1, {{1, 0}});
  CHECK(copy(repeated) == tensor<float, 2, 3>{1, 1, 1, 2, 2, 2});
}

TEST_CASE("copy moves elements between views of any strides") {
  auto x = counted<2, 3>();
  tensor<float, 3, 2> y;
  copy(std::as_const(x).view(), y.view().transpose());
  CHECK(y == tensor<float, 3, 2>{0, 3, 1, 4, 2, 5});
}

TEST_CASE("a view prints as its elements would in a tensor") {
  auto x = counted<2, 2>();
  std::ostringstream out;
  out << x.view().transpose() << x.view()[1] << std::as_const(x).view().row(1).row(1);
  CHECK(out.str() == "[[0 2]\n [1 3]][2 3]3");
}
