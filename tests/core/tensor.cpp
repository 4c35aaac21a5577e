// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <ashlar/core/tensor.hpp>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

using namespace ashlar;

static_assert(tensor<float, 64, 784>::rank == 2 && tensor<float, 64, 784>::size() == 64 * 784);
static_assert(tensor<float>::rank == 0 && tensor<float>::size() == 1);
static_assert(tensor<bool, 2>::shape() == make_shape<2>());
static_assert(std::is_nothrow_move_constructible_v<tensor<float, 3>>);
static_assert(!std::is_convertible_v<std::span<float const>, tensor<float, 3>>);
static_assert(!std::is_convertible_v<tensor<float, 1>, float>);
static_assert(!std::is_convertible_v<float, tensor<float, 1>>);

namespace {
template <class T>
std::string text_of(T const& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}
}  // namespace

TEST_CASE_TEMPLATE("a new tensor is zero and its buffer is aligned to 64 bytes", T, float, double, std::int32_t,
                   std::int64_t, std::uint8_t, bool) {
  tensor<T, 3, 5> const x;
  for (T v : x) CHECK(v == T{});
  CHECK(reinterpret_cast<std::uintptr_t>(x.data()) % 64 == 0);
  CHECK(x.end() - x.begin() == 15);
}

TEST_CASE("elements are listed, indexed and stored in row-major order") {
  tensor<float, 2, 3> x{1, 2, 3, 4, 5, 6};
  CHECK(x(0, 0) == 1);
  CHECK(x(1, 2) == 6);
  CHECK(x[3] == x(1, 0));
  x(1, 0) = 7;
  CHECK(x.data()[3] == 7);
  x[3] = 8;
  CHECK(x.span()[3] == 8);
  CHECK(tensor<std::int32_t, 2, 2, 2>{0, 1, 2, 3, 4, 5, 6, 7}(1, 0, 1) == 5);
}

TEST_CASE("a list or a span of another length fails with both numbers") {
  using matrix = tensor<float, 2, 3>;
  CHECK_THROWS_WITH_AS((matrix{1, 2}), "tensor [2, 3]: 6 elements are needed, 2 were given", error);
  std::vector<float> const seven(7);
  CHECK_THROWS_WITH_AS(matrix(std::span<float const>(seven)), "tensor [2, 3]: 6 elements are needed, 7 were given",
                       error);
}

TEST_CASE("a tensor is made from a span and read as one") {
  std::vector<float> elements(6);
  std::iota(elements.begin(), elements.end(), 1.0f);
  tensor<float, 2, 3> x{std::span<float const>(elements)};
  CHECK(x == tensor<float, 2, 3>{1, 2, 3, 4, 5, 6});
  std::span<float> writable = x;
  writable[0] = 9;
  CHECK(x(0, 0) == 9);
  std::span<float const> readable = std::as_const(x);
  CHECK(readable.size() == 6);
  CHECK(std::accumulate(x.begin(), x.end(), 0.0f) == 29);
}

TEST_CASE("a copy is deep, and a move keeps the buffer") {
  tensor<float, 2> x{1, 2};
  tensor<float, 2> y = x;
  y(0) = 5;
  CHECK(x(0) == 1);
  y = x;
  CHECK(y == x);
  CHECK(y.data() != x.data());
  float const* buffer = x.data();
  tensor<float, 2> z = std::move(x);
  CHECK(z.data() == buffer);
  x = y;
  CHECK(x == y);
  y = std::move(z);
  CHECK(y.data() == buffer);
  tensor<float, 2>& self = y;
  y = self;
  y = std::move(self);
  CHECK(y(1) == 2);
}

TEST_CASE("a scalar tensor is its number") {
  tensor<float> loss = 3;
  loss = loss + 1;
  float const number = loss;
  CHECK(number == 4);
  CHECK(loss == 4.0f);
  CHECK(loss() == 4);
  CHECK(std::sqrt(loss) == 2);
  CHECK(loss == tensor<float>{4});
  CHECK(text_of(loss) == "4");
  CHECK(text_of(tensor<std::uint8_t>{65}) == "65");
}

TEST_CASE("tensors are equal when all elements are, and a NaN equals nothing") {
  tensor<double, 2> x{1, 2}, y{1, 2};
  CHECK(x == y);
  y(1) = 3;
  CHECK(x != y);
  x(0) = y(0) = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(x == x);
  tensor<double, 2> zero{0.0, -0.0};
  CHECK(zero == tensor<double, 2>{});
}

TEST_CASE("a tensor in borrowed memory writes there, and only its copies own theirs") {
  float memory[6] = {1, 2, 3, 4, 5, 6};
  tensor<float, 2, 3> x(borrow, memory);
  CHECK(x(1, 2) == 6);
  tensor<float, 2, 3> y = x;
  y(0, 0) = 9;
  CHECK(memory[0] == 1);
  x = y;
  CHECK(memory[0] == 9);
  x = tensor<float, 2, 3>{0, 1, 2, 3, 4, 5};
  CHECK(memory[5] == 5);
  CHECK(x.data() == memory);
  y = std::move(x);
  CHECK(y.data() != memory);
  CHECK(y(1, 2) == 5);
  tensor<float, 2, 3> moved = std::move(x);
  CHECK(moved.data() == memory);
}

TEST_CASE("fill sets every element") {
  tensor<std::int64_t, 2, 2> x;
  x.fill(7);
  CHECK(x == tensor<std::int64_t, 2, 2>{7, 7, 7, 7});
}

TEST_CASE("a tensor prints as NumPy prints it") {
  CHECK(text_of(tensor<float, 2, 3>{1, 2, 3, 4, 5, 6.5f}) == "[[  1   2   3]\n [  4   5 6.5]]");
  CHECK(text_of(tensor<std::int32_t, 3>{1, -20, 3}) == "[  1 -20   3]");
  CHECK(text_of(tensor<bool, 2>{true, false}) == "[ true false]");
  CHECK(text_of(tensor<std::uint8_t, 2>{65, 0}) == "[65  0]");
  CHECK(text_of(tensor<float, 2, 1, 2>{1, 2, 3, 4}) == "[[[1 2]]\n\n [[3 4]]]");
  float const infinity = std::numeric_limits<float>::infinity();
  CHECK(text_of(tensor<float, 2>{-infinity, 1e-10f}) == "[ -inf 1e-10]");
}

TEST_CASE("above 1000 elements the middle of each long axis is left out") {
  tensor<std::int32_t, 1001> x;
  std::iota(x.begin(), x.end(), 0);
  CHECK(text_of(x) == "[   0    1    2 ...  998  999 1000]");
  tensor<std::int32_t, 1000> y;
  CHECK(text_of(y).find("...") == std::string::npos);
  tensor<std::int32_t, 500, 3> z;
  CHECK(text_of(z) == "[[0 0 0]\n [0 0 0]\n [0 0 0]\n ...\n [0 0 0]\n [0 0 0]\n [0 0 0]]");
  CHECK(text_of(tensor<bool, 6, 200>{}).find("\n ...") == std::string::npos);
}
