// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

#include <ashlar/data/batches.hpp>

using namespace ashlar;

namespace {

// Sample i is {i, i + 0.5}, label 10 i.
dataset<2> numbered(int count) {
  std::vector<float> inputs;
  std::vector<std::int32_t> labels;
  for (int i = 0; i < count; ++i) {
    inputs.push_back(static_cast<float>(i));
    inputs.push_back(static_cast<float>(i) + 0.5f);
    labels.push_back(10 * i);
  }
  return {std::move(inputs), std::move(labels)};
}

std::vector<std::uint32_t> order_of(batch_sequence<2> const& sequence) {
  std::vector<std::uint32_t> out;
  for (auto rows : sequence) out.insert(out.end(), rows.rows.begin(), rows.rows.end());
  return out;
}

template <class Data>
concept makes_batches = requires(Data&& data) {
  batches(std::forward<Data>(data), 2);
};
template <class Data>
concept makes_shuffled_batches = requires(Data&& data) {
  batches(std::forward<Data>(data), 2, seed{1});
};

}  // namespace

TEST_CASE("batches: without a seed they follow the dataset, and the last one may be smaller") {
  auto const data = numbered(7);
  std::vector<int> sizes;
  int next = 0;
  for (auto rows : batches(data, 3)) {
    sizes.push_back(rows.size());
    CHECK(rows.source == &data);
    for (int r = 0; r < rows.size(); ++r, ++next) {
      CHECK(rows.input(r) == data.sample(next));
      CHECK(rows.input(r)[1] == static_cast<float>(next) + 0.5f);
      CHECK(rows.label(r) == 10 * next);
    }
  }
  CHECK(sizes == std::vector<int>{3, 3, 1});
  CHECK(batches(data, 3).size() == 3);
  CHECK(batches(data, 7).size() == 1);
  CHECK(batches(data, 2'000'000'000).size() == 1);
  CHECK(batches(data, 2'000'000'000)[0].size() == 7);
}

TEST_CASE("batches: an empty dataset has none") {
  dataset<2> const none;
  for (auto rows : batches(none, 4, seed{1})) FAIL(rows.size());
  CHECK(batches(none, 4).size() == 0);
}

TEST_CASE("batches: with a seed every sample comes once, in an order that the seed decides") {
  auto const data = numbered(100);
  auto order = order_of(batches(data, 32, seed{1}));
  CHECK(order == order_of(batches(data, 7, seed{1})));
  CHECK(order != order_of(batches(data, 32, seed{2})));
  CHECK_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  CHECK(order == order_of(batches(data, 32)));
}

TEST_CASE("batches: reshuffling depends on seed and epoch alone, and stays in place") {
  auto const data = numbered(100);
  auto sequence = batches(data, 32, seed{1});
  auto const first = order_of(sequence);
  auto const* const storage = sequence[0].rows.data();
  sequence.reshuffle(seed{1}, 1);
  auto const second = order_of(sequence);
  CHECK(second != first);
  sequence.reshuffle(seed{1}, 0);
  CHECK(order_of(sequence) == first);
  auto ordered = batches(data, 50);
  ordered.reshuffle(seed{1}, 1);
  CHECK(order_of(ordered) == second);
  CHECK(sequence[0].rows.data() == storage);
}

TEST_CASE("batches: a batch size below 1 is refused") {
  auto const data = numbered(3);
  CHECK_THROWS_WITH_AS(batches(data, 0), "batches: found a batch_size of 0, expected at least 1", error);
  CHECK_THROWS_AS(batches(data, -5, seed{1}), error);
}

TEST_CASE("batches: a dataset that is about to die has none") {
  static_assert(makes_batches<dataset<2>&> && makes_batches<dataset<2> const&>);
  static_assert(!makes_batches<dataset<2>> && !makes_batches<dataset<2> const>);
  static_assert(makes_shuffled_batches<dataset<2>&> && !makes_shuffled_batches<dataset<2>>);
  static_assert(std::forward_iterator<batch_sequence<2>::iterator>);
}

TEST_CASE("batches: rows of a dataset whose targets are numbers show them") {
  basic_dataset<target_type<float, 2>, 1> const data({1, 2, 3}, {10, 11, 20, 21, 30, 31});
  int seen = 0;
  for (auto rows : batches(data, 2, seed{1}))
    for (int r = 0; r < rows.size(); ++r, ++seen) CHECK(rows.target(r)[1] == 10 * rows.input(r)[0] + 1);
  CHECK(seen == 3);
}
