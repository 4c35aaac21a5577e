// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

// Sample i: points {i, -i}, label 10 i, and three weights 100 i + k.
auto numbered(int samples) {
  std::vector<float> points, weights;
  std::vector<std::int32_t> labels;
  for (int i = 0; i < samples; ++i) {
    points.insert(points.end(), {static_cast<float>(i), static_cast<float>(-i)});
    labels.push_back(10 * i);
    for (int k = 0; k < 3; ++k) weights.push_back(static_cast<float>(100 * i + k));
  }
  return tensor_dataset(named<"point">(column<float, 2>(points)), column<std::int32_t>(labels),
                        named<"weight">(column<float, 3>(weights)));
}
template <class Data>
void check_sample(Data const& data, std::int64_t i) {
  float const number = data.template get<0>().row(i)[0];
  CHECK(data.template get<0>().row(i)[1] == -number);
  CHECK(*data.template get<1>().row(i) == 10 * static_cast<int>(number));
  for (int k = 0; k < 3; ++k) CHECK(data.template get<2>().row(i)[k] == 100 * number + static_cast<float>(k));
}
template <class Data>
std::vector<float> firsts(Data const& data) {
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < data.size(); ++i) numbers.push_back(data.template get<0>().row(i)[0]);
  return numbers;
}

}  // namespace

TEST_CASE("tensor_dataset: columns with names and without stand side by side") {
  auto const data = numbered(4);
  CHECK(data.size() == 4);
  for (int i = 0; i < 4; ++i) check_sample(data, i);
  tensor_dataset const copy(data);
  CHECK(std::is_same_v<decltype(copy), decltype(data)>);
  column<float, 2> const kept({1, 2});
  CHECK(tensor_dataset(named<"point">(kept)).size() == 1);
  CHECK(kept.size() == 1);
}

TEST_CASE("tensor_dataset: a column that is moved in is not copied") {
  std::vector<float> numbers(1000, 1.0f);
  float const* const at = numbers.data();
  tensor_dataset const data(named<"x">(column<float, 10>(std::move(numbers))));
  CHECK(data.get<0>().numbers().data() == at);
}

TEST_CASE("tensor_dataset: columns of different sizes are refused by their numbers and names") {
  column<float, 2> const two({1, 2, 3, 4});
  column<std::int32_t> const three({1, 2, 3});
  CHECK_THROWS_WITH_AS(tensor_dataset(two, three), "tensor_dataset: column 2 has 3 rows; the first one has 2", error);
  CHECK_THROWS_WITH_AS(tensor_dataset(two, two, named<"label">(three)),
                       "tensor_dataset: column 3, 'label', has 3 rows; the first one has 2", error);
}

TEST_CASE("tensor_dataset: batches show the rows of all columns, in order or shuffled") {
  auto const data = numbered(10);
  std::vector<float> seen;
  int sizes[3] = {}, batch = 0;
  for (auto rows : batches(data, 4, seed{3})) {
    sizes[batch++] = rows.size();
    for (int r = 0; r < rows.size(); ++r) {
      float const number = rows.row<0>(r)[0];
      seen.push_back(number);
      CHECK(*rows.row<1>(r) == 10 * static_cast<int>(number));
      CHECK(rows.row<2>(r)[2] == 100 * number + 2);
    }
  }
  CHECK(sizes[0] == 4);
  CHECK(sizes[2] == 2);
  CHECK_FALSE(std::is_sorted(seen.begin(), seen.end()));
  std::sort(seen.begin(), seen.end());
  CHECK(seen == firsts(data));
  CHECK(batches(data, 4)[2].row<0>(1)[0] == 9.0f);
}

TEST_CASE("tensor_dataset: split keeps samples whole, and the seed decides who is held out") {
  auto const data = numbered(50);
  for (std::int64_t held_out : {0, 1, 20, 50}) {
    auto const [rest, out] = split(data, held_out, seed{7});
    CHECK(rest.size() == 50 - held_out);
    CHECK(out.size() == held_out);
    auto seen = firsts(rest);
    for (float number : firsts(out)) seen.push_back(number);
    for (std::int64_t i = 0; i < rest.size(); ++i) check_sample(rest, i);
    for (std::int64_t i = 0; i < out.size(); ++i) check_sample(out, i);
    CHECK_FALSE(std::is_sorted(seen.begin(), seen.end()));
    std::sort(seen.begin(), seen.end());
    CHECK(seen == firsts(data));
  }
  CHECK(firsts(split(data, 20, seed{7}).second) == firsts(split(numbered(50), 20, seed{7}).second));
  CHECK(firsts(split(data, 20, seed{7}).second) != firsts(split(data, 20, seed{8}).second));
  CHECK_THROWS_WITH_AS(split(data, 51, seed{7}),
                       "split: found a held_out_count of 51, expected 0 to 50, the number of samples", error);
}

TEST_CASE("tensor_dataset: a dataset's columns are those that it is given back as") {
  dataset<2> images({1, 2, 3, 4}, {1, 0});
  images.reorder(std::vector<std::uint32_t>{1, 0});
  CHECK(images.sample(0)[0] == 3.0f);
  CHECK(images.label(0) == 0);
  CHECK(images.split_off(1).label(0) == 1);
  auto [inputs, labels] = std::move(images).release();
  tensor_dataset const data(column<float, 2>(std::move(inputs)), column<std::int32_t>(std::move(labels)));
  CHECK(data.get<0>().row(0)[1] == 4.0f);
}
