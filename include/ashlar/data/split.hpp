// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/random.hpp>
#include <ashlar/core/sort_by.hpp>
#include <ashlar/data/shuffle_rows.hpp>
#include <ashlar/data/tensor_dataset.hpp>

namespace ashlar::inline ASHLAR_ABI {

namespace detail {

/// How many samples of one label there are, and how many of them are held out.
struct label_share {
  std::int32_t label;
  std::uint64_t count, held_out, remainder;
};

/// The shares of `held_out_count` samples by label: in proportion, rounded by the largest remainders, the smaller label
/// first among equals.
ASHLAR_COLD inline std::vector<label_share> label_shares(std::span<std::int32_t const> labels,
                                                         std::uint64_t held_out_count) {
  auto const ascending = [](std::uint64_t a, std::uint64_t b) { return a < b; };
  constexpr std::uint64_t bias = std::uint64_t{1} << 31;  // labels of any sign in order
  std::vector<std::uint64_t> sorted(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) sorted[i] = static_cast<std::uint64_t>(labels[i]) + bias;
  sort_by(sorted, ascending);
  std::vector<label_share> shares;
  for (std::uint64_t biased : sorted) {
    auto const label = static_cast<std::int32_t>(biased - bias);
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
  sorted.clear();  // now by remainder: the largest first, the smaller label first among equals
  for (std::size_t i = 0; i < shares.size(); ++i) sorted.push_back((labels.size() - shares[i].remainder) << 32 | i);
  sort_by(sorted, ascending);
  for (std::uint64_t i = 0; i < left; ++i) ++shares[sorted[i] & 0xffffffff].held_out;
  return shares;
}

/// The share of a label, of shares in the order of labels.
inline label_share& share_of(std::vector<label_share>& shares, std::int32_t label) {
  std::size_t first = 0;
  for (std::size_t end = shares.size(); first < end;) {
    std::size_t const middle = (first + end) / 2;
    shares[middle].label < label ? first = middle + 1 : end = middle;
  }
  return shares[first];
}

/// A random order of the samples whose last `held_out_count` are those held out.
ASHLAR_COLD inline std::vector<std::uint32_t> split_order(std::span<std::int32_t const> labels,
                                                          std::uint64_t held_out_count, seed s) {
  std::vector<std::uint32_t> order(labels.size());
  shuffle_rows(order, random_stream(s, hash_path("split", 5)));
  std::vector<label_share> shares = label_shares(labels, held_out_count);
  std::vector<std::uint32_t> held_out;
  std::size_t kept = 0;
  for (std::uint32_t row : order) {  // the first samples of each label, in random order, are its share
    label_share& share = share_of(shares, labels[row]);
    if (share.held_out == 0) {
      order[kept++] = row;
    } else {
      --share.held_out;
      held_out.push_back(row);
    }
  }
  for (std::uint32_t row : held_out) order[kept++] = row;
  return order;
}

[[noreturn]] ASHLAR_COLD inline void refuse_split(std::int64_t held_out_count, std::int64_t samples) {
  refuse_numbers({.place = "split",
                  .found = "a held_out_count of %",
                  .expected = "0 to %, the number of samples",
                  .numbers = {held_out_count, samples}});
}
/// A random order of samples that have no labels.
ASHLAR_COLD inline std::vector<std::uint32_t> split_order(std::int64_t count, seed s) {
  std::vector<std::uint32_t> order(static_cast<std::size_t>(count));
  shuffle_rows(order, random_stream(s, hash_path("split", 5)));
  return order;
}

}  // namespace detail

/// Splits a dataset into the rest and `held_out_count` held-out samples, each shuffled. Of a dataset with labels every
/// label has its share of both, to within one sample; a tensor_dataset is split at random, whatever its columns are.
/// The same seed gives the same split.
/// cost: given an rvalue, its memory becomes that of the rest; given an lvalue, one copy
/// errors: a held_out_count below 0 or above the number of samples
/// example: auto [train, valid] = split(read_csv<1, 8, 8>("digits.csv"), 360, seed{7});
template <detail::any_dataset Data>
requires(!std::is_const_v<Data>) ASHLAR_COLD auto split(Data&& data, std::int64_t held_out_count, seed s) {
  using samples = typename Data::dataset_type;
  if (held_out_count < 0 || held_out_count > data.size()) detail::refuse_split(held_out_count, data.size());
  samples rest(std::move(data));
  if constexpr (detail::has_labels<samples>)
    rest.reorder(detail::split_order(rest.labels(), static_cast<std::uint64_t>(held_out_count), s));
  else
    rest.reorder(detail::split_order(rest.size(), s));
  samples held_out = rest.split_off(rest.size() - held_out_count);
  return std::pair<samples, samples>{std::move(rest), std::move(held_out)};
}

/// Splits a copy of a dataset, which stays as it is.
template <detail::any_dataset Data>
auto split(Data const& data, std::int64_t held_out_count, seed s) {
  return split(typename Data::dataset_type(data), held_out_count, s);
}
/// Refuses a share of the samples, which as a whole number would be none, in a sentence.
template <class Data, class Share>
requires(detail::any_dataset<std::remove_cvref_t<Data>>&& std::is_floating_point_v<Share>) auto split(Data&&, Share,
                                                                                                      seed) {
  static_assert(std::is_integral_v<Share>,
                "ashlar: split(data, held_out_count, seed): held_out_count is a number of samples, not a share of "
                "them: std::int64_t(0.2 * data.size())");
}

}  // namespace ashlar::inline ASHLAR_ABI
