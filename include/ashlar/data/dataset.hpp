// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ashlar/core/config.hpp>
#include <ashlar/core/error.hpp>
#include <ashlar/core/shape.hpp>
#include <ashlar/core/target.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Samples of one shape with a target each, one behind the other in memory.
/// shape: inputs [size, Dims...], targets [size, those of Target...]
/// errors: inputs and targets of different sizes, more than 2^32 - 1 samples
/// example: basic_dataset<target_type<float, 2>, 8> curves(std::move(numbers), std::move(targets));
template <class Target, int... Dims>
class basic_dataset {
  static_assert((true && ... && (Dims > 0)), "dataset<Dims...>: every extent must be at least 1");

 public:
  /// The type of a target's numbers.
  using target_element = typename Target::element_type;
  static_assert(std::is_same_v<target_element, float> || std::is_same_v<target_element, std::int32_t>,
                "ashlar: a dataset's targets are float or int32: target<float, 3>");

  /// Numbers in one sample.
  static constexpr std::int64_t sample_size = make_shape<Dims...>().size();
  /// Numbers in one target.
  static constexpr std::int64_t target_size = Target::size();
  /// Whether a target is a label: the number of a class.
  static constexpr bool has_labels = std::is_same_v<Target, target_type<std::int32_t>>;

  /// No samples.
  basic_dataset() = default;
  /// The samples of these numbers, and their targets.
  ASHLAR_COLD basic_dataset(std::vector<float> inputs, std::vector<target_element> targets)
      : inputs_(std::move(inputs)), targets_(std::move(targets)) {
    if (inputs_.size() % sample_size != 0 || targets_.size() % target_size != 0 ||
        inputs_.size() / sample_size != targets_.size() / target_size)
      fail(error_parts{.place = "dataset",
                       .found = std::to_string(inputs_.size()) + " numbers for " + std::to_string(targets_.size()) +
                                (has_labels ? " labels" : " numbers of targets"),
                       .expected = std::to_string(sample_size) + " for each" +
                                   (has_labels ? "" : " target of " + std::to_string(target_size))});
    if (targets_.size() / target_size > std::numeric_limits<std::uint32_t>::max())
      fail(error_parts{.place = "dataset",
                       .found = std::to_string(targets_.size() / target_size) + " samples",
                       .expected = "at most 2^32 - 1, so that 32 bits count them"});
  }

  /// How many samples there are.
  std::int64_t size() const { return static_cast<std::int64_t>(targets_.size()) / target_size; }

  /// The numbers of all samples.
  std::span<float const> inputs() const { return inputs_; }
  /// The numbers of all targets.
  std::span<target_element const> targets() const { return targets_; }
  /// The labels of all samples.
  std::span<std::int32_t const> labels() const requires has_labels { return targets_; }

  /// The `sample_size` numbers of sample i, outermost extent first.
  float const* sample(std::int64_t i) const { return inputs_.data() + i * sample_size; }
  /// The `target_size` numbers of the target of sample i, outermost extent first.
  target_element const* target(std::int64_t i) const { return targets_.data() + i * target_size; }
  /// The label of sample i.
  std::int32_t label(std::int64_t i) const requires has_labels { return targets_[static_cast<std::size_t>(i)]; }

  /// Gives the vectors away: `auto [inputs, targets] = std::move(data).release();`
  std::pair<std::vector<float>, std::vector<target_element>> release() && {
    return {std::exchange(inputs_, {}), std::exchange(targets_, {})};
  }

 private:
  std::vector<float> inputs_;
  std::vector<target_element> targets_;
};

/// Samples of one shape with a label each.
/// example: dataset<1, 8, 8> images(std::move(pixels), std::move(labels));
template <int... Dims>
using dataset = basic_dataset<target_type<std::int32_t>, Dims...>;

}  // namespace ashlar::inline ASHLAR_ABI
