// SPDX-License-Identifier: MIT
#pragma once
#include <type_traits>

#include <ashlar/backend/kernel_code.hpp>
#include <ashlar/backend/thrust/arithmetic.hpp>
#include <ashlar/backend/thrust/kernel_values.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// Windows that slide over planes, a result to a thread: the gradients too take in what windows put at their element,
/// in the windows' order. No library does this: cuDNN's pooling has no positions of maxima, from which a gradient takes
/// one read of them, and does not say to which of several equal ones its own goes; its means would be divided twice.
/// numbers: planes, h, w, oh, ow, the window (9), planes per valid row.
template <int... Codes>
struct window_functor {
  using code = kernel_code<Codes...>;
  using T = std::conditional_t<code::at[1] != 0, double, float>;
  static constexpr kernel_kind kind = code::kind;
  static constexpr bool to_plane = kind == kernel_kind::window_put || kind == kernel_kind::window_spread;
  static constexpr bool has_index = kind == kernel_kind::window_take || kind == kernel_kind::window_put;
  static constexpr int operands = has_index ? 3 : 2;
  static constexpr bool cooperates = false;

  kernel_values<operands> given;

  static std::int64_t units(std::int64_t const* n) { return n[0] * (to_plane ? n[1] * n[2] : n[3] * n[4]); }
  static std::int64_t packets(std::int64_t const*) { return 1; }

  template <class Team>
  ASHLAR_INLINE ASHLAR_HD void operator()(Team const&, std::int64_t unit) const {
    std::int64_t const* const n = given.numbers;
    std::int64_t const large = n[1] * n[2], small = n[3] * n[4], size = to_plane ? large : small;
    std::int64_t plane = unit;
    std::int64_t const at = take_index(plane, size);
    if (plane >= given.valid(n[0], n[14])) return;
    if constexpr (kind == kernel_kind::window_index) {
      given.template at<std::int32_t>(1)[unit] = first_maximum(given.template at<T const>(0) + plane * large, at);
    } else if constexpr (kind == kernel_kind::window_sum) {
      given.template at<T>(1)[unit] = sum(given.template at<T const>(0) + plane * large, at);
    } else if constexpr (kind == kernel_kind::window_take) {
      std::int32_t const index = given.template at<std::int32_t const>(1)[unit];
      bool const is_one = index >= 0 && index < large;
      given.template at<T>(2)[unit] = is_one ? given.template at<T const>(0)[plane * large + index] : minus_infinity<T>;
    } else {
      given.template at<T>(operands - 1)[unit] = gathered(plane * small, at);
    }
  }

 private:
  /// The elements of an axis that window i covers: begin, begin + step, ... before end.
  struct span {
    std::int64_t begin, end, step;
  };
  ASHLAR_INLINE ASHLAR_HD span covered(int axis, std::int64_t i) const {
    std::int64_t const *const n = given.numbers, *const window = n + 5;
    std::int64_t const count = n[1 + axis], kernel = window[axis], step = window[6 + axis], parts = n[3 + axis];
    if (kernel == 0) return {i * count / parts, ((i + 1) * count + parts - 1) / parts, 1};
    std::int64_t begin = i * window[2 + axis] - window[4 + axis];
    std::int64_t const end = begin + (kernel - 1) * step + 1;
    if (begin < 0) begin += (-begin + step - 1) / step * step;
    return {begin, end < count ? end : count, step};
  }
  /// The windows of an axis that may cover element i: [begin, end).
  ASHLAR_INLINE ASHLAR_HD span covering(int axis, std::int64_t i) const {
    std::int64_t const *const n = given.numbers, *const window = n + 5;
    std::int64_t const count = n[1 + axis], kernel = window[axis], stride = window[2 + axis], parts = n[3 + axis];
    if (kernel == 0) return {i * parts / count, ((i + 1) * parts + count - 1) / count, 1};
    std::int64_t const last = i + window[4 + axis], reach = (kernel - 1) * window[6 + axis];
    std::int64_t const begin = last > reach ? quotient(last - reach + stride - 1, stride) : 0,
                       end = quotient(last, stride) + 1;
    return {begin, end < parts ? end : parts, 1};
  }
  ASHLAR_INLINE ASHLAR_HD static bool contains(span const& s, std::int64_t i) {
    return i >= s.begin && i < s.end && (s.step == 1 || (i - s.begin) % s.step == 0);
  }

  /// The position of the first maximum inside a window, -1 of one outside; NaN counts as largest.
  ASHLAR_INLINE ASHLAR_HD std::int32_t first_maximum(T const* plane, std::int64_t at) const {
    std::int64_t const width = given.numbers[2], column = take_index(at, given.numbers[4]);
    span const rows = covered(0, at), columns = covered(1, column);
    std::int64_t best = -1;
    for (std::int64_t i = rows.begin; i < rows.end; i += rows.step)
      for (std::int64_t j = columns.begin; j < columns.end; j += columns.step) {
        std::int64_t const p = i * width + j;
        if (best < 0 || plane[p] > plane[best] || (plane[p] != plane[p] && plane[best] == plane[best])) best = p;
      }
    return static_cast<std::int32_t>(best);
  }
  ASHLAR_INLINE ASHLAR_HD T sum(T const* plane, std::int64_t at) const {
    std::int64_t const width = given.numbers[2], column = take_index(at, given.numbers[4]);
    span const rows = covered(0, at), columns = covered(1, column);
    T total{};
    for (std::int64_t i = rows.begin; i < rows.end; i += rows.step)
      for (std::int64_t j = columns.begin; j < columns.end; j += columns.step) total += plane[i * width + j];
    return total;
  }
  /// The sum of what the windows put at an element.
  ASHLAR_INLINE ASHLAR_HD T gathered(std::int64_t first_window, std::int64_t at) const {
    std::int64_t const width = given.numbers[2], windows = given.numbers[4], y = quotient(at, width),
                       x = at - y * width;
    span const rows = covering(0, y), columns = covering(1, x);
    T const* const from = given.template at<T const>(0) + first_window;
    T total{};
    for (std::int64_t i = rows.begin; i < rows.end; ++i)
      for (std::int64_t j = columns.begin; j < columns.end; ++j) {
        std::int64_t const w = i * windows + j;
        if constexpr (kind == kernel_kind::window_put) {
          if (given.template at<std::int32_t const>(1)[first_window + w] == at) total += from[w];
        } else {
          if (contains(covered(0, i), y) && contains(covered(1, j), x)) total += from[w];
        }
      }
    return total;
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
