// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <ashlar/data/split.hpp>

using namespace ashlar;

namespace {

// Sample i is {i, -i}, so that every sample can be recognised; labels as given.
dataset<2> numbered(std::vector<std::int32_t> labels) {
  std::vector<float> inputs;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    inputs.push_back(static_cast<float>(i));
    inputs.push_back(-static_cast<float>(i));
  }
  return {std::move(inputs), std::move(labels)};
}

std::vector<std::int32_t> repeated(std::vector<std::pair<std::int32_t, int>> const& counts) {
  std::vector<std::int32_t> labels;
  for (auto [label, count] : counts) labels.insert(labels.end(), static_cast<std::size_t>(count), label);
  return labels;
}

std::map<std::int32_t, int> counts(dataset<2> const& data) {
  std::map<std::int32_t, int> out;
  for (std::int32_t label : data.labels()) ++out[label];
  return out;
}

std::vector<float> firsts(dataset<2> const& data) {
  std::vector<float> out;
  for (std::int64_t i = 0; i < data.size(); ++i) out.push_back(data.sample(i)[0]);
  return out;
}

}  // namespace

TEST_CASE("dataset: inputs and labels of different sizes are refused") {
  CHECK_THROWS_WITH_AS(dataset<2>({1, 2, 3}, {0}), "dataset: found 3 numbers for 1 labels, expected 2 for each", error);
  CHECK_THROWS_AS(dataset<2>({1, 2}, {0, 1}), error);
  CHECK(dataset<2>({}, {}).size() == 0);
  CHECK(dataset<>({5}, {1}).sample(0)[0] == 5.0f);
}

TEST_CASE("dataset: tensors whose axis 0 are the samples become one") {
  tensor<float, 3, 2> const x{1, 2, 3, 4, 5, 6};
  dataset<2> const labelled(x, tensor<std::int32_t, 3>{7, 8, 9});
  REQUIRE(labelled.size() == 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(labelled.sample(i)[1] == x(i, 1));
    CHECK(labelled.label(i) == 7 + i);
  }
  basic_dataset<target_type<float, 1>, 2> const numbered(x, tensor<float, 3, 1>{0.5f, 1.5f, 2.5f});
  CHECK(numbered.target(2)[0] == 2.5f);
  static_assert(!std::is_constructible_v<dataset<2>, tensor<float, 3, 2>, tensor<std::int32_t, 4>>);
  static_assert(!std::is_constructible_v<dataset<3>, tensor<float, 3, 2>, tensor<std::int32_t, 3>>);
}

TEST_CASE("split: every sample lands on one side, whole and with its label") {
  auto const labels = repeated({{3, 40}, {-7, 25}, {1000, 35}});
  for (std::int64_t held_out : {0, 1, 20, 50, 99, 100}) {
    CAPTURE(held_out);
    auto const [rest, out] = split(numbered(labels), held_out, seed{7});
    CHECK(rest.size() == 100 - held_out);
    CHECK(out.size() == held_out);
    std::vector<float> seen;
    for (auto const* side : {&rest, &out})
      for (std::int64_t i = 0; i < side->size(); ++i) {
        float const number = side->sample(i)[0];
        seen.push_back(number);
        CHECK(side->sample(i)[1] == -number);
        CHECK(side->label(i) == labels[static_cast<std::size_t>(number)]);
      }
    std::sort(seen.begin(), seen.end());
    REQUIRE(seen.size() == 100);
    for (std::size_t i = 0; i < 100; ++i) CHECK(seen[i] == static_cast<float>(i));
  }
}

TEST_CASE("split: each label has its share") {
  auto const [rest, out] = split(numbered(repeated({{0, 50}, {1, 30}, {2, 20}})), 10, seed{1});
  CHECK(counts(out) == std::map<std::int32_t, int>{{0, 5}, {1, 3}, {2, 2}});
  CHECK(counts(rest) == std::map<std::int32_t, int>{{0, 45}, {1, 27}, {2, 18}});
}

TEST_CASE("split: the largest remainders get what proportion leaves over") {
  // 4 of 11: exact shares 2.18, 1.45, 0.36.
  auto const [rest, out] = split(numbered(repeated({{0, 6}, {1, 4}, {2, 1}})), 4, seed{1});
  CHECK(counts(out) == std::map<std::int32_t, int>{{0, 2}, {1, 2}});
  // Equal remainders: the smaller label first.
  auto const [rest2, out2] = split(numbered(repeated({{5, 3}, {4, 3}, {6, 3}})), 1, seed{1});
  CHECK(counts(out2) == std::map<std::int32_t, int>{{4, 1}});
}

TEST_CASE("split: the same seed gives the same split, another seed another, an lvalue the same as an rvalue") {
  auto const data = numbered(repeated({{0, 50}, {1, 50}}));
  auto const [rest, out] = split(data, 30, seed{7});
  auto const [rest_again, out_again] = split(numbered(repeated({{0, 50}, {1, 50}})), 30, seed{7});
  auto const [rest_other, out_other] = split(data, 30, seed{8});
  CHECK(firsts(rest) == firsts(rest_again));
  CHECK(firsts(out) == firsts(out_again));
  CHECK(firsts(rest) != firsts(rest_other));
  CHECK(firsts(out) != firsts(out_other));
  CHECK(data.size() == 100);
  CHECK(data.sample(99)[0] == 99.0f);
}

TEST_CASE("split: both sides are shuffled") {
  auto const [rest, out] = split(numbered(repeated({{0, 50}, {1, 50}})), 50, seed{7});
  for (auto const* side : {&rest, &out}) {
    CHECK_FALSE(std::is_sorted(side->labels().begin(), side->labels().end()));
    auto const numbers = firsts(*side);
    CHECK_FALSE(std::is_sorted(numbers.begin(), numbers.end()));
  }
}

TEST_CASE("split: more held out than there is, or less than none, is refused") {
  CHECK_THROWS_WITH_AS(split(numbered({0, 1}), 3, seed{1}),
                       "split: found a held_out_count of 3, expected 0 to 2, the number of samples", error);
  CHECK_THROWS_AS(split(numbered({0, 1}), -1, seed{1}), error);
  auto const [rest, out] = split(dataset<2>(), 0, seed{1});
  CHECK(rest.size() == 0);
  CHECK(out.size() == 0);
}

TEST_CASE("dataset: targets of several numbers lie one behind the other, and half of one is refused") {
  using pairs = basic_dataset<target_type<float, 2>, 1>;
  pairs const data({1, 2, 3}, {10, 11, 20, 21, 30, 31});
  CHECK(data.size() == 3);
  CHECK(data.target(2)[1] == 31.0f);
  CHECK_THROWS_WITH_AS(pairs({1, 2}, {10, 11, 20}),
                       "dataset: found 2 numbers for 3 numbers of targets, expected 1 for each target of 2", error);
  CHECK_THROWS_AS(pairs({1}, {10, 11, 20, 21}), error);
}

TEST_CASE("split: every sample keeps its target of several numbers, and the seed decides who is held out") {
  std::vector<float> inputs, targets;
  for (int i = 0; i < 50; ++i) {
    inputs.push_back(static_cast<float>(i));
    for (int k = 0; k < 3; ++k) targets.push_back(static_cast<float>(10 * i + k));
  }
  basic_dataset<target_type<float, 3>, 1> const data(inputs, targets);
  auto const firsts_of = [](auto const& part) {
    return std::vector<float>(part.inputs().begin(), part.inputs().end());
  };
  for (std::int64_t held_out : {0, 1, 20, 50}) {
    auto const [rest, out] = split(data, held_out, seed{7});
    CHECK(rest.size() == 50 - held_out);
    CHECK(out.size() == held_out);
    std::vector<float> seen;
    for (auto const* part : {&rest, &out})
      for (std::int64_t i = 0; i < part->size(); ++i) {
        seen.push_back(part->sample(i)[0]);
        for (int k = 0; k < 3; ++k) CHECK(part->target(i)[k] == 10 * part->sample(i)[0] + static_cast<float>(k));
      }
    std::sort(seen.begin(), seen.end());
    CHECK(seen == inputs);
  }
  CHECK(firsts_of(split(data, 20, seed{7}).second) == firsts_of(split(data, 20, seed{7}).second));
  CHECK(firsts_of(split(data, 20, seed{7}).second) != firsts_of(split(data, 20, seed{8}).second));
  CHECK_THROWS_AS(split(data, 51, seed{7}), error);
}
