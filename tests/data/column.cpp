// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

column<float, 2> numbered(int rows) {
  std::vector<float> numbers;
  for (int i = 0; i < rows; ++i) numbers.insert(numbers.end(), {static_cast<float>(i), static_cast<float>(-i)});
  return column<float, 2>(std::move(numbers));
}
template <class T, int... D>
std::vector<T> copied(column<T, D...> const& c) {
  return {c.numbers().begin(), c.numbers().end()};
}

}  // namespace

TEST_CASE("column: its rows lie one behind the other, and half of one is refused") {
  column<std::int64_t, 2, 3> const c({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(c.size() == 2);
  CHECK(c.row(1)[5] == 12);
  CHECK(column<float>({1, 2, 3}).size() == 3);
  CHECK(column<float, 4>().size() == 0);
  CHECK_THROWS_WITH_AS((column<float, 2, 2>({1, 2, 3, 4, 5})),
                       "column: found 5 numbers, expected a multiple of 4, the numbers in a row", error);
}

TEST_CASE("column: a tensor's axis 0 are its rows") {
  tensor<std::int32_t, 3> const labels{7, 8, 9};
  column const of_labels(labels);
  CHECK(std::is_same_v<decltype(of_labels), column<std::int32_t> const>);
  CHECK(copied(of_labels) == std::vector<std::int32_t>{7, 8, 9});
  tensor<float, 2, 1, 2> const images{1, 2, 3, 4};
  column const of_images(images);
  CHECK(std::is_same_v<decltype(of_images), column<float, 1, 2> const>);
  CHECK(of_images.row(1)[0] == 3.0f);
}

TEST_CASE("column: reorder puts row order[i] at place i, for every permutation of five") {
  std::vector<std::uint32_t> order(5);
  std::iota(order.begin(), order.end(), 0u);
  int tried = 0;
  do {
    auto c = numbered(5);
    c.reorder(order);
    for (std::size_t i = 0; i < 5; ++i) {
      CHECK(c.row(static_cast<std::int64_t>(i))[0] == static_cast<float>(order[i]));
      CHECK(c.row(static_cast<std::int64_t>(i))[1] == -static_cast<float>(order[i]));
    }
    ++tried;
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(tried == 120);
}

TEST_CASE("column: an order that is none changes nothing") {
  auto c = numbered(3);
  auto const before = copied(c);
  CHECK_THROWS_WITH_AS(c.reorder(std::vector<std::uint32_t>{0, 1}),
                       "reorder: found an order of 2, expected each of 3 rows exactly once", error);
  CHECK_THROWS_WITH_AS(c.reorder(std::vector<std::uint32_t>{2, 1, 2}),
                       "reorder: found row 2 twice, expected each of 3 rows exactly once", error);
  CHECK_THROWS_WITH_AS(c.reorder(std::vector<std::uint32_t>{2, 1, 3}),
                       "reorder: found row 3, expected each of 3 rows exactly once", error);
  CHECK(copied(c) == before);
}

TEST_CASE("column: split_off takes rows from the end, and no others") {
  auto c = numbered(4);
  auto const back = c.split_off(1);
  CHECK(c.size() == 1);
  CHECK(copied(back) == std::vector<float>{1, -1, 2, -2, 3, -3});
  CHECK(c.split_off(1).size() == 0);
  CHECK_THROWS_WITH_AS(c.split_off(2), "split_off: found row 2, expected 0 to 1, the number of rows", error);
  CHECK_THROWS_AS(c.split_off(-1), error);
  CHECK(std::move(c).release() == std::vector<float>{0, 0});
}
