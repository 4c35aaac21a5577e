// SPDX-License-Identifier: MIT
#pragma once
#include <functional>

#include "support/gradient_check.hpp"
#include "support/reference_kernels.hpp"
#include "support/thread_team.hpp"

namespace proof {

/// What one kernel is called with, while the test runs: so shapes cost no compiling. The last operand is the result,
/// which begins as NaN; behind it lies what no kernel may touch.
class kernel_sample {
 public:
  kernel_sample(std::vector<int> const& code, std::vector<std::int64_t> const& numbers_of_call, int rows = 0)
      : code_(code), numbers_(numbers_of_call) {
    around_.scalars[0] = rows;
  }

  /// Another operand, of random numbers in +-1.
  kernel_sample& random(dtype type, std::int64_t count) {
    random_stream const stream(seed{5}, operands_.size());
    return add(type, count, [&](std::int64_t i) {
      return static_cast<number>(2 * stream.uniform(static_cast<std::uint64_t>(i)) - 1);
    });
  }
  /// Another operand of whole numbers below `limit`; `from` on, some are out of range.
  kernel_sample& indices(std::int64_t count, int from, int limit) {
    random_stream const stream(seed{6}, operands_.size());
    return add(dtype::int32, count, [&](std::int64_t i) {
      return static_cast<number>(
          from + static_cast<int>(stream.uniform(static_cast<std::uint64_t>(i)) * static_cast<float>(limit - from)));
    });
  }
  kernel_sample& result(dtype type, std::int64_t count) {
    operands_.push_back({type, count, std::vector<char>(bytes(type, count), '\xff')});
    return *this;
  }

  /// What the kernel leaves in its result: by `launch`, or by the reference.
  numbers run(std::function<void(launch_arguments const&)> const& launch) {
    std::vector<char*> places = begin();
    step_values const now{around_.rows(), around_.seed, around_.step};
    launch({.operands = places.data(),
            .operand_count = static_cast<int>(places.size()),
            .numbers = numbers_.data(),
            .device_numbers = numbers_.data(),
            .device_constants = nullptr,
            .now = &now,
            .iteration = 0});
    return end();
  }
  numbers reference() {
    run_reference({code_.data(), static_cast<int>(code_.size()), numbers_.data(), nullptr, begin(), &around_, 0});
    return end();
  }

 private:
  struct operand {
    dtype type;
    std::int64_t count;
    std::vector<char> memory;
  };
  static constexpr std::int64_t guard = 128;

  static std::size_t bytes(dtype type, std::int64_t count) {
    return static_cast<std::size_t>(count * bytes_of(type) + guard);
  }
  template <class F>
  kernel_sample& add(dtype type, std::int64_t count, F element) {
    result(type, count);
    for (std::int64_t i = 0; i < count; ++i)
      store_number(type, operands_.back().memory.data() + i * bytes_of(type), element(i));
    return *this;
  }
  std::vector<char*> begin() {
    operand& r = operands_.back();
    r.memory.assign(bytes(r.type, r.count), '\xff');
    std::vector<char*> places;
    for (operand& o : operands_) places.push_back(o.memory.data());
    return places;
  }
  /// The result, and whether what is behind it is as it was.
  numbers end() const {
    operand const& r = operands_.back();
    numbers all;
    char const* const from = r.memory.data();
    for (std::int64_t i = 0; i < r.count; ++i) all.push_back(load_number(r.type, from + i * bytes_of(r.type)));
    bool untouched = true;
    for (std::int64_t i = r.count * bytes_of(r.type); i < static_cast<std::int64_t>(r.memory.size()); ++i)
      untouched = untouched && from[i] == '\xff';
    all.push_back(untouched);
    return all;
  }

  std::vector<int> code_;
  std::vector<std::int64_t> numbers_;
  environment around_;
  std::vector<operand> operands_;
};

/// The text of the first difference between a kernel as the device's policy launches it and its reference, or nothing.
template <class Functor>
std::string kernel_difference(kernel_sample& sample, double tolerance) {
  return difference({sample.run(launch<Functor>)}, {sample.reference()}, tolerance);
}

}  // namespace proof
