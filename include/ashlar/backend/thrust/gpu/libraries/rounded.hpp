// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/factors.hpp>
#include <ashlar/backend/thrust/gpu/libraries/cudnn.hpp>
#include <ashlar/backend/thrust/gpu/run_units.hpp>
#include <ashlar/backend/thrust/packet.hpp>
#if ASHLAR_HAS_CUDNN

/// Convolutions of bf16: cuDNN takes images, filters and results of one type, so factors are rounded on the way to it,
/// and its results, which it has summed in float and rounded, become floats again.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Rounds numbers, or widens them, eight to a thread: 128 bits of bf16.
struct round_numbers {
  static constexpr int at_once = 8;
  float const* from;
  std::uint16_t* to;
  std::int64_t count;

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    std::int64_t const first = unit * at_once;
    int const left = count - first < at_once ? static_cast<int>(count - first) : at_once;
    packet<float, 4> low, high;
    load(low, from + first, left < 4 ? left : 4);
    load(high, from + first + 4, left < 4 ? 0 : left - 4);
    packet<std::uint16_t, at_once> rounded;
    ASHLAR_UNROLL
    for (int k = 0; k < 4; ++k) {
      rounded.at[k] = bf16_bits(low.at[k]);
      rounded.at[k + 4] = bf16_bits(high.at[k]);
    }
    store(rounded, to + first, left);
  }
};
struct widen_numbers {
  static constexpr int at_once = 8;
  std::uint16_t const* from;
  float* to;
  std::int64_t count;

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    std::int64_t const first = unit * at_once;
    int const left = count - first < at_once ? static_cast<int>(count - first) : at_once;
    packet<std::uint16_t, at_once> rounded;
    load(rounded, from + first, left);
    packet<float, 4> low, high;
    ASHLAR_UNROLL
    for (int k = 0; k < 4; ++k) {
      low.at[k] = from_bf16_bits(rounded.at[k]);
      high.at[k] = from_bf16_bits(rounded.at[k + 4]);
    }
    store(low, to + first, left < 4 ? left : 4);
    store(high, to + first + 4, left < 4 ? 0 : left - 4);
  }
};
template <class Numbers>
bool run_by_eights(Numbers const& numbers, gpu_stream stream) {
  return run_by_threads(numbers, (numbers.count + Numbers::at_once - 1) / Numbers::at_once, stream) == gpu_success;
}

/// Where a convolution's numbers lie in bf16, one behind the other.
struct rounded_convolution {
  std::int64_t count[3], at[3], bytes = 0;  // of images, filters and results; bytes

  explicit rounded_convolution(convolution_shape const& c) : count{c.of_images(), c.of_filters(), c.of_results()} {
    for (int k = 0; k < 3; ++k) {
      at[k] = bytes;
      bytes += (2 * count[k] + 255) / 256 * 256;
    }
  }
  /// Launches it, with the roundings of a step's operands before and of its result behind. Returns whether that went
  /// well.
  bool launch(cudnn_convolution& by, cudnnHandle_t handle, convolution_pass pass, char* const* operands, char* rounded,
              void* workspace, gpu_stream stream) const {
    constexpr int kinds[3][3] = {{0, 1, 2}, {2, 1, 0}, {2, 0, 1}};  // of the operands of each pass
    int const* const kind = kinds[static_cast<int>(pass)];
    char* halves[3];
    for (int k = 0; k < 3; ++k) halves[k] = rounded + at[kind[k]];
    for (int k = 0; k < 2; ++k) {
      round_numbers const factor{reinterpret_cast<float const*>(operands[k]),
                                 reinterpret_cast<std::uint16_t*>(halves[k]), count[kind[k]]};
      if (!run_by_eights(factor, stream)) return false;
    }
    widen_numbers const result{reinterpret_cast<std::uint16_t const*>(halves[2]), reinterpret_cast<float*>(operands[2]),
                               count[kind[2]]};
    return by.launch(handle, halves, workspace, stream) && run_by_eights(result, stream);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
#endif
