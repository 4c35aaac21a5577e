// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/shape.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Samples of one shape with a label each, one behind the other in memory.
/// shape: inputs [size, Dims...], labels [size]
/// errors: inputs and labels of different sizes, more than 2^32 - 1 samples
/// example: dataset<1, 8, 8> images(std::move(pixels), std::move(labels));
template <int... Dims>
class dataset {
  static_assert((true && ... && (Dims > 0)), "dataset<Dims...>: every extent must be at least 1");

 public:
  /// Numbers in one sample.
  static constexpr std::int64_t sample_size = make_shape<Dims...>().size();

  dataset() = default;
  ASHLAR_COLD dataset(std::vector<float> inputs, std::vector<std::int32_t> labels)
      : inputs_(std::move(inputs)), labels_(std::move(labels)) {
    if (inputs_.size() % sample_size != 0 || inputs_.size() / sample_size != labels_.size())
      fail(error_parts{
          .place = "dataset",
          .found = std::to_string(inputs_.size()) + " numbers for " + std::to_string(labels_.size()) + " labels",
          .expected = std::to_string(sample_size) + " for each"});
    if (labels_.size() > std::numeric_limits<std::uint32_t>::max())
      fail(error_parts{.place = "dataset",
                       .found = std::to_string(labels_.size()) + " samples",
                       .expected = "at most 2^32 - 1, so that 32 bits count them"});
  }

  /// How many samples there are.
  std::int64_t size() const { return static_cast<std::int64_t>(labels_.size()); }

  std::span<float const> inputs() const { return inputs_; }
  std::span<std::int32_t const> labels() const { return labels_; }

  /// The `sample_size` numbers of sample i, outermost extent first.
  float const* sample(std::int64_t i) const { return inputs_.data() + i * sample_size; }

  std::int32_t label(std::int64_t i) const { return labels_[static_cast<std::size_t>(i)]; }

  /// Gives the vectors away: `auto [inputs, labels] = std::move(data).release();`
  std::pair<std::vector<float>, std::vector<std::int32_t>> release() && {
    return {std::exchange(inputs_, {}), std::exchange(labels_, {})};
  }

 private:
  std::vector<float> inputs_;
  std::vector<std::int32_t> labels_;
};

}  // namespace ashlar::inline ASHLAR_ABI
