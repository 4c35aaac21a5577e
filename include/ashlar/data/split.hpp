// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/random.hpp>
#include <ashlar/data/dataset.hpp>

namespace ashlar::inline ASHLAR_ABI {

namespace detail {

/// How many samples of one label there are, and how many of them are held out.
struct label_share {
  std::int32_t label;
  std::uint64_t count, held_out, remainder;
};

/// The shares of `held_out_count` samples by label: in proportion, rounded by the largest remainders, the smaller label
/// first among equals.
inline std::vector<label_share> label_shares(std::span<std::int32_t const> labels, std::uint64_t held_out_count) {
  std::vector<std::int32_t> sorted(labels.begin(), labels.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<label_share> shares;
  for (std::int32_t label : sorted) {
    if (shares.empty() || shares.back().label != label) shares.push_back({label, 0, 0, 0});
    ++shares.back().count;
  }
  std::uint64_t left = held_out_count;
  for (label_share& share : shares) {
    std::uint64_t const exact = held_out_count * share.count;  // in units of 1 / labels.size(); both are below 2^32
    share.held_out = exact / labels.size();
    share.remainder = exact % labels.size();
    left -= share.held_out;
  }
  std::vector<label_share*> by_remainder;
  for (label_share& share : shares) by_remainder.push_back(&share);
  std::stable_sort(by_remainder.begin(), by_remainder.end(),
                   [](label_share* a, label_share* b) { return a->remainder > b->remainder; });
  for (std::uint64_t i = 0; i < left; ++i) ++by_remainder[i]->held_out;
  return shares;
}

/// A random order of the samples whose last `held_out_count` are those held out.
inline std::vector<std::uint32_t> split_order(std::span<std::int32_t const> labels, std::uint64_t held_out_count,
                                              seed s) {
  std::vector<std::uint32_t> order(labels.size());
  permutation(order, random_stream(s, hash_path("split", 5)));
  std::vector<label_share> shares = label_shares(labels, held_out_count);
  // The first samples of each label, in random order, are its share.
  std::stable_partition(order.begin(), order.end(), [&](std::uint32_t row) {
    auto const before = [](label_share const& share, std::int32_t label) { return share.label < label; };
    label_share& share = *std::lower_bound(shares.begin(), shares.end(), labels[row], before);
    if (share.held_out == 0) return true;
    --share.held_out;
    return false;
  });
  return order;
}

}  // namespace detail

/// Splits a dataset into the rest and `held_out_count` held-out samples, each shuffled. Every label has its share of
/// both, to within one sample; the same seed gives the same split.
/// cost: given an rvalue, its memory becomes that of the rest; given an lvalue, one copy
/// errors: a held_out_count below 0 or above the number of samples
/// example: auto [train, valid] = split(read_csv<1, 8, 8>("digits.csv"), 360, seed{7});
template <int... Dims>
std::pair<dataset<Dims...>, dataset<Dims...>> split(dataset<Dims...>&& data, std::int64_t held_out_count, seed s) {
  constexpr std::int64_t width = dataset<Dims...>::sample_size;
  if (held_out_count < 0 || held_out_count > data.size())
    fail(error_parts{.place = "split",
                     .found = "a held_out_count of " + std::to_string(held_out_count),
                     .expected = "0 to " + std::to_string(data.size()) + ", the number of samples"});
  auto order = detail::split_order(data.labels(), static_cast<std::uint64_t>(held_out_count), s);
  auto [inputs, labels] = std::move(data).release();
  auto const at = [&, from = inputs.begin()](std::size_t row) { return from + static_cast<std::int64_t>(row) * width; };

  // Each cycle of the permutation moves through one sample kept aside.
  std::vector<float> aside(static_cast<std::size_t>(width));
  for (std::size_t start = 0; start < order.size(); ++start) {
    if (order[start] == start) continue;
    std::copy_n(at(start), width, aside.begin());
    std::int32_t const label_aside = labels[start];
    std::size_t to = start;
    for (std::size_t from = order[to]; from != start; from = order[to]) {
      std::copy_n(at(from), width, at(to));
      labels[to] = labels[from];
      order[to] = static_cast<std::uint32_t>(to);
      to = from;
    }
    std::copy_n(aside.begin(), width, at(to));
    labels[to] = label_aside;
    order[to] = static_cast<std::uint32_t>(to);
  }

  std::size_t const rest = labels.size() - static_cast<std::size_t>(held_out_count);
  dataset<Dims...> held_out({at(rest), inputs.end()}, {labels.begin() + rest, labels.end()});
  inputs.erase(at(rest), inputs.end());
  labels.erase(labels.begin() + rest, labels.end());
  return {dataset<Dims...>(std::move(inputs), std::move(labels)), std::move(held_out)};
}

template <int... Dims>
std::pair<dataset<Dims...>, dataset<Dims...>> split(dataset<Dims...> const& data, std::int64_t held_out_count, seed s) {
  return split(dataset<Dims...>(data), held_out_count, s);
}

}  // namespace ashlar::inline ASHLAR_ABI
