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

#include <ashlar/core/target.hpp>
#include <ashlar/data/column.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// The base of all datasets.
struct any_samples {};
template <class Data>
concept any_dataset = std::is_base_of_v<any_samples, Data>;
/// A dataset each of whose samples has one label.
template <class Data>
concept has_labels = requires(Data const& data) {
  data.labels();
};

/// errors: fails where 32 bits do not count the samples
ASHLAR_COLD inline void check_sample_count(std::int64_t count) {
  if (count > std::numeric_limits<std::uint32_t>::max())
    refuse_numbers({.place = "dataset",
                    .found = "% samples",
                    .expected = "at most 2^32 - 1, so that 32 bits count them",
                    .numbers = {count}});
}

template <class Target>
struct target_column;
template <class T, int... D>
struct target_column<target_type<T, D...>> {
  using type = column<T, D...>;
};

}  // namespace detail

/// Samples of one shape with a target each, one behind the other in memory.
/// shape: inputs [size, Dims...], targets [size, those of Target...]
/// errors: inputs and targets of different sizes, more than 2^32 - 1 samples
/// example: basic_dataset<target_type<float, 2>, 8> curves(std::move(numbers), std::move(targets));
template <class Target, int... Dims>
class basic_dataset : detail::any_samples {
  static_assert((true && ... && (Dims > 0)), "dataset<Dims...>: every extent must be at least 1");

 public:
  /// The type of a target's numbers.
  using target_element = typename Target::element_type;
  static_assert(std::is_same_v<target_element, float> || std::is_same_v<target_element, std::int32_t>,
                "ashlar: a dataset's targets are float or int32: target<float, 3>");
  /// What it is, where another class is derived of it.
  using dataset_type = basic_dataset;

  /// Numbers in one sample.
  static constexpr std::int64_t sample_size = make_shape<Dims...>().size();
  /// Numbers in one target.
  static constexpr std::int64_t target_size = Target::size();
  /// Whether a target is a label: the number of a class.
  static constexpr bool has_labels = std::is_same_v<Target, target_type<std::int32_t>>;

  /// No samples.
  basic_dataset() = default;
  /// The samples of these numbers, and their targets.
  ASHLAR_COLD basic_dataset(std::vector<float> inputs, std::vector<target_element> targets) {
    if (inputs.size() % sample_size != 0 || targets.size() % target_size != 0 ||
        inputs.size() / sample_size != targets.size() / target_size)
      detail::refuse_numbers({.place = "dataset",
                              .found = has_labels ? "% numbers for % labels" : "% numbers for % numbers of targets",
                              .expected = has_labels ? "% for each" : "% for each target of %",
                              .numbers = {static_cast<std::int64_t>(inputs.size()),
                                          static_cast<std::int64_t>(targets.size()), sample_size, target_size}});
    inputs_ = column<float, Dims...>(std::move(inputs));
    targets_ = typename detail::target_column<Target>::type(std::move(targets));
    detail::check_sample_count(size());
  }

  /// A copy of tensors whose axis 0 are the samples.
  /// example: dataset<1, 8, 8> digits(images, labels);  // tensor<float, 360, 1, 8, 8>, tensor<std::int32_t, 360>
  template <int N, int... TargetDims>
  requires std::is_same_v<Target, target_type<target_element, TargetDims...>> ASHLAR_COLD
  basic_dataset(tensor<float, N, Dims...> const& inputs, tensor<target_element, N, TargetDims...> const& targets)
      : basic_dataset(std::vector<float>(inputs.data(), inputs.data() + inputs.size()),
                      std::vector<target_element>(targets.data(), targets.data() + targets.size())) {}

  /// How many samples there are.
  std::int64_t size() const { return targets_.size(); }

  /// The numbers of all samples.
  std::span<float const> inputs() const { return inputs_.numbers(); }
  /// The numbers of all targets.
  std::span<target_element const> targets() const { return targets_.numbers(); }
  /// The labels of all samples.
  std::span<std::int32_t const> labels() const requires has_labels { return targets_.numbers(); }
  /// The inputs or, where K is 1, the targets.
  template <int K>
  auto const& get() const {
    static_assert(K == 0 || K == 1, "ashlar: a dataset has two columns: inputs and targets");
    if constexpr (K == 0)
      return inputs_;
    else
      return targets_;
  }

  /// The `sample_size` numbers of sample i, outermost extent first.
  float const* sample(std::int64_t i) const { return inputs_.row(i); }
  /// The `target_size` numbers of the target of sample i, outermost extent first.
  target_element const* target(std::int64_t i) const { return targets_.row(i); }
  /// The label of sample i.
  std::int32_t label(std::int64_t i) const requires has_labels { return *targets_.row(i); }

  /// Puts the samples into another order: sample order[i] comes to place i.
  /// errors: fails where the order does not name each sample once
  ASHLAR_COLD void reorder(std::span<std::uint32_t const> order) {
    inputs_.reorder(order);
    targets_.reorder(order);
  }
  /// Takes the samples from number `first` on away, and returns them.
  /// errors: fails where there are fewer samples
  ASHLAR_COLD basic_dataset split_off(std::int64_t first) {
    basic_dataset back;
    back.inputs_ = inputs_.split_off(first);
    back.targets_ = targets_.split_off(first);
    return back;
  }
  /// Gives the vectors away: `auto [inputs, targets] = std::move(data).release();`
  std::pair<std::vector<float>, std::vector<target_element>> release() && {
    return {std::move(inputs_).release(), std::move(targets_).release()};
  }

 private:
  column<float, Dims...> inputs_;
  typename detail::target_column<Target>::type targets_;
};

/// Samples of one shape with a label each.
/// example: dataset<1, 8, 8> images(std::move(pixels), std::move(labels));
template <int... Dims>
using dataset = basic_dataset<target_type<std::int32_t>, Dims...>;

}  // namespace ashlar::inline ASHLAR_ABI
