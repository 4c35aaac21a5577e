// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/random.hpp>
#include <ashlar/data/dataset.hpp>
#include <ashlar/data/shuffle_rows.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Some samples of a dataset, by their numbers: what one training step sees. It owns nothing.
/// example: for (int r = 0; r < rows.size(); ++r) show(rows.input(r), rows.label(r));
template <class Data>
struct dataset_rows {
  /// The dataset that they are of.
  Data const* source;
  /// Their numbers in it.
  std::span<std::uint32_t const> rows;

  /// How many there are.
  int size() const { return static_cast<int>(rows.size()); }
  /// The numbers in column K of sample r of these.
  template <int K>
  auto const* row(int r) const {
    return source->template get<K>().row(rows[static_cast<std::size_t>(r)]);
  }
  /// The numbers of sample r of these, of a dataset of one input and one target.
  float const* input(int r) const requires requires(Data const& data) { data.sample(0); }
  { return source->sample(rows[static_cast<std::size_t>(r)]); }
  /// The numbers of the target of sample r of these.
  auto const* target(int r) const requires requires(Data const& data) { data.target(0); }
  { return source->target(rows[static_cast<std::size_t>(r)]); }
  /// The label of sample r of these.
  std::int32_t label(int r) const requires requires(Data const& data) { data.label(0); }
  { return source->label(rows[static_cast<std::size_t>(r)]); }
};
/// Some samples of one input and one target each.
template <class Target, int... Dims>
using basic_batch_rows = dataset_rows<basic_dataset<Target, Dims...>>;
/// Some samples with labels.
template <int... Dims>
using batch_rows = dataset_rows<dataset<Dims...>>;

/// A dataset cut into batches: a range whose elements are dataset_rows. It refers to the dataset and owns the order.
/// cost: nothing is allocated after construction
template <class Data>
class batches_of {
 public:
  /// The batches of `data` in the order of its samples.
  batches_of(Data const& data, int batch_size)
      : source_(&data), batch_size_(batch_size), order_(static_cast<std::size_t>(data.size())) {
    if (batch_size < 1)
      fail(error_parts{
          .place = "batches", .found = "a batch_size of " + std::to_string(batch_size), .expected = "at least 1"});
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<std::uint32_t>(i);
  }

  /// Puts the samples into the order that belongs to this seed and epoch, whatever order they were in.
  void reshuffle(seed s, std::uint64_t epoch) {
    detail::shuffle_rows(order_, random_stream(s, hash_path("batches", 7), epoch));
  }

  /// How many batches there are.
  std::int64_t size() const { return (static_cast<std::int64_t>(order_.size()) + batch_size_ - 1) / batch_size_; }

  /// Walks from batch to batch.
  class iterator {
   public:
    /// What it points at.
    using value_type = dataset_rows<Data>;
    /// A distance between two.
    using difference_type = std::ptrdiff_t;

    iterator() = default;
    /// Points at one batch of a sequence.
    iterator(batches_of const* batches, std::int64_t batch) : batches_(batches), batch_(batch) {}

    /// The batch.
    value_type operator*() const { return (*batches_)[batch_]; }
    /// On to the next batch.
    iterator& operator++() {
      ++batch_;
      return *this;
    }
    /// On to the next batch; returns where it was.
    iterator operator++(int) { return {batches_, batch_++}; }
    /// Whether both point at the same batch.
    bool operator==(iterator const& other) const = default;

   private:
    batches_of const* batches_ = nullptr;
    std::int64_t batch_ = 0;
  };

  /// The first batch.
  iterator begin() const { return {this, 0}; }
  /// Behind the last batch.
  iterator end() const { return {this, size()}; }

  /// Batch number `batch`; the last one may be smaller. It refers to the order that this sequence owns.
  dataset_rows<Data> operator[](std::int64_t batch) const {
    std::size_t const first = static_cast<std::size_t>(batch * batch_size_);
    std::size_t const left = order_.size() - first, most = static_cast<std::size_t>(batch_size_);
    return {source_, std::span(order_).subspan(first, left < most ? left : most)};
  }

 private:
  Data const* source_;
  std::int64_t batch_size_;
  std::vector<std::uint32_t> order_;
};
/// A dataset of one input and one target cut into batches.
template <class Target, int... Dims>
using basic_batch_sequence = batches_of<basic_dataset<Target, Dims...>>;
/// A dataset with labels cut into batches.
template <int... Dims>
using batch_sequence = batches_of<dataset<Dims...>>;

/// The batches of a dataset in the order of its samples.
/// errors: a batch_size below 1
/// example: for (auto rows : batches(valid, 256)) { ... }
template <detail::any_dataset Data>
batches_of<Data> batches(Data const& data, int batch_size) {
  return batches_of<Data>(data, batch_size);
}

/// The batches of a dataset, shuffled: those of `reshuffle(s, 0)`.
/// errors: a batch_size below 1
/// example: for (auto rows : batches(train, 32, seed{1})) { ... }
template <detail::any_dataset Data>
batches_of<Data> batches(Data const& data, int batch_size, seed s) {
  batches_of<Data> shuffled(data, batch_size);
  shuffled.reshuffle(s, 0);
  return shuffled;
}

// The batches would outlive their samples.
template <detail::any_dataset Data>
void batches(Data const&& data, int batch_size) = delete;
template <detail::any_dataset Data>
void batches(Data const&& data, int batch_size, seed s) = delete;

}  // namespace ashlar::inline ASHLAR_ABI
