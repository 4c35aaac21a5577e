// SPDX-License-Identifier: MIT
#pragma once
#include <limits>
#include <type_traits>
#include <utility>

#include <ashlar/backend/cpu/conv/square_windows.hpp>
#include <ashlar/backend/cpu/kernel.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Windows that slide over planes. numbers: planes, h, w, oh, ow, the window (9), planes per valid row.
template <class Code>
struct window_kernel {
  using T = std::conditional_t<Code::at[1] != 0, double, float>;

  /// The elements of one axis that a window covers: begin, begin + step, ... before end.
  struct span {
    std::int64_t begin, end, step;
  };
  struct geometry {
    std::int64_t planes, extent[2], windows[2];
    std::int64_t const* window;

    explicit geometry(kernel_arguments const& args) : window(args.numbers + 5) {
      std::int64_t const* n = args.numbers;
      planes = n[14] ? n[14] * args.rows : n[0];
      extent[0] = n[1], extent[1] = n[2], windows[0] = n[3], windows[1] = n[4];
    }
    span at(int axis, std::int64_t i) const {
      std::int64_t const kernel = window[axis], step = window[6 + axis], count = extent[axis], parts = windows[axis];
      if (kernel == 0) return {i * count / parts, ((i + 1) * count + parts - 1) / parts, 1};
      std::int64_t begin = i * window[2 + axis] - window[4 + axis];
      std::int64_t const end = begin + (kernel - 1) * step + 1;
      if (begin < 0) begin += (-begin + step - 1) / step * step;
      return {begin, end < count ? end : count, step};
    }
    /// Whether windows of 2 x 2 elements lie side by side, and inside.
    bool is_in_squares() const {
      std::int64_t const* const w = window;
      return w[0] == 2 && w[1] == 2 && w[2] == 2 && w[3] == 2 && w[4] + w[5] == 0 && w[6] == 1 && w[7] == 1;
    }
    /// f(element) for the elements of window (y, x) in a plane.
    template <class F>
    ASHLAR_INLINE void each(std::int64_t y, std::int64_t x, F f) const {
      span const rows = at(0, y), columns = at(1, x);
      for (std::int64_t i = rows.begin; i < rows.end; i += rows.step)
        for (std::int64_t j = columns.begin; j < columns.end; j += columns.step) f(i * extent[1] + j);
    }
  };

  /// The position of the first maximum inside the window at (y, x), -1 of one outside; NaN counts as largest.
  static std::int32_t first_maximum(geometry const& g, T const* plane, std::int64_t y, std::int64_t x) {
    std::int64_t best = -1;
    g.each(y, x, [&](std::int64_t p) {
      T const v = plane[p];
      if (best < 0 || v > plane[best] || (v != v && plane[best] == plane[best])) best = p;
    });
    return static_cast<std::int32_t>(best);
  }

  using S = simd<T, instruction_set::baseline>;
  using vector = typename S::vector;
  using mask = typename S::mask;
  static constexpr int width = S::width;

  template <int... I>
  ASHLAR_INLINE static void even(vector& v, vector const& a, vector const& b, std::integer_sequence<int, I...>) {
#if defined(__clang__)
    v = __builtin_shufflevector(a, b, (I < width / 2 ? 2 * I : 2 * I + 1)...);
#else
    v = __builtin_shuffle(a, b, mask{(I < width / 2 ? 2 * I : 2 * I + 1)...});
#endif
  }
  /// v[i] = from[i * distance], of which nothing behind the last one is read.
  ASHLAR_INLINE static void load_apart(vector& v, T const* from, std::int64_t distance) {
    if (distance == 1) return S::load(v, from);
    if (distance == 2) {
      vector a, b;
      S::load(a, from);
      S::load(b, from + width - 1);
      return even(v, a, b, std::make_integer_sequence<int, width>{});
    }
    for (int i = 0; i < width; ++i) v[i] = from[i * distance];
  }
  /// Neighbouring windows that lie inside by their columns, the first one at column x, in some rows: of each the
  /// position of the first maximum. Size: of a kernel that is as wide as the stride, or 0 of any.
  template <int Size>
  ASHLAR_INLINE static void take_block(geometry const& g, T const* plane, span const& rows, std::int64_t x,
                                       std::int32_t* to) {
    std::int64_t const kernel = Size ? Size : g.window[1], stride = Size ? Size : g.window[3];
    std::int64_t const step = Size ? 1 : g.window[7];
    vector best{}, v{};
    mask index = mask{} - 1, apart{}, position;
    for (int i = 0; i < width; ++i) apart[i] = static_cast<typename S::bits>(i * stride);
    for (std::int64_t i = rows.begin; i < rows.end; i += rows.step)
      for (std::int64_t k = 0; k < kernel; ++k) {
        std::int64_t const first = i * g.extent[1] + x + k * step;
        load_apart(v, plane + first, stride);
        position = apart + static_cast<typename S::bits>(first);
        if (k == 0 && i == rows.begin) {
          best = v;
          index = position;
        } else {
          mask const stays = (v <= best) | (best != best);
          S::choose(best, stays, best, v);
          index = (index & stays) | (position & ~stays);
        }
      }
    store_positions(index, to);
  }
  ASHLAR_INLINE static void store_positions(mask const& index, std::int32_t* to) {
    if constexpr (sizeof(T) == 4)
      std::memcpy(to, &index, sizeof index);
    else
      for (int i = 0; i < width; ++i) to[i] = static_cast<std::int32_t>(index[i]);
  }
  /// The same of their sums.
  template <int Size>
  ASHLAR_INLINE static void take_block(geometry const& g, T const* plane, span const& rows, std::int64_t x, T* to) {
    std::int64_t const kernel = Size ? Size : g.window[1], stride = Size ? Size : g.window[3];
    std::int64_t const step = Size ? 1 : g.window[7];
    vector total{}, v{};
    for (std::int64_t i = rows.begin; i < rows.end; i += rows.step)
      for (std::int64_t k = 0; k < kernel; ++k) {
        load_apart(v, plane + i * g.extent[1] + x + k * step, stride);
        total += v;
      }
    S::store(total, to);
  }
  static void take(geometry const& g, T const* plane, std::int64_t y, std::int64_t x, std::int32_t* to) {
    *to = first_maximum(g, plane, y, x);
  }
  static void take(geometry const& g, T const* plane, std::int64_t y, std::int64_t x, T* to) {
    T total{};
    g.each(y, x, [&](std::int64_t e) { total += plane[e]; });
    *to = total;
  }
  /// The windows of a plane: those inside by their columns block by block, of which the last ones may come twice.
  template <int Size, class Result>
  [[gnu::noinline]] static void take_plane(geometry const& g, T const* plane, Result* to) {
    std::int64_t const stride = g.window[3], padding = g.window[5], reach = (g.window[1] - 1) * g.window[7];
    std::int64_t const behind = g.extent[1] + padding - reach;
    std::int64_t const begin = g.window[0] ? (padding + stride - 1) / stride : g.windows[1];
    std::int64_t const end = behind > 0 ? (behind + stride - 1) / stride : 0;
    std::int64_t const last = end < g.windows[1] ? end : g.windows[1];
    for (std::int64_t y = 0; y < g.windows[0]; ++y, to += g.windows[1]) {
      std::int64_t x = 0;
      if (begin + width <= last) {
        span const rows = g.at(0, y);
        for (; x < begin; ++x) take(g, plane, y, x, to + x);
        for (; x < last; x += width) {
          if (x + width > last) x = last - width;
          take_block<Size>(g, plane, rows, x * stride - padding, to + x);
        }
      }
      for (; x < g.windows[1]; ++x) take(g, plane, y, x, to + x);
    }
  }
  template <class Result>
  static void take_all(geometry const& g, T const* plane, Result* to) {
    if (g.window[1] == 2 && g.window[3] == 2 && g.window[7] == 1)
      take_plane<2>(g, plane, to);
    else
      take_plane<0>(g, plane, to);
  }

  static void take_at(T const* plane, std::int32_t const* index, std::int64_t count, T* to) {
    for (std::int64_t i = 0; i < count; ++i)
      to[i] = index[i] < 0 ? -std::numeric_limits<T>::infinity() : plane[index[i]];
  }
  static void run(kernel_arguments const& args) {
    geometry const g(args);
    std::int64_t const large = g.extent[0] * g.extent[1], small = g.windows[0] * g.windows[1];
    square_plane const squares{g.extent[0], g.extent[1], g.windows[0], g.windows[1]};
    T const* first = reinterpret_cast<T const*>(args.operands[0]);
    kernel_share const own(args, g.planes);
    for (std::int64_t p = own.begin; p < own.end; ++p) {
      if constexpr (Code::kind == kernel_kind::window_index) {
        T const* const plane = first + p * large;
        std::int32_t* const index = reinterpret_cast<std::int32_t*>(args.operands[1]) + p * small;
        T* value = nullptr;
        if (args.epilogue == product_epilogue::maxima) value = reinterpret_cast<T*>(args.operands[2]) + p * small;
        if (g.is_in_squares()) {
          take_squares_on<T>(args.set)(squares, plane, index, value);
        } else {
          take_all(g, plane, index);
          if (value) take_at(plane, index, small, value);
        }
      } else if constexpr (Code::kind == kernel_kind::window_sum) {
        take_all(g, first + p * large, reinterpret_cast<T*>(args.operands[1]) + p * small);
      } else if constexpr (Code::kind == kernel_kind::window_take) {
        std::int32_t const* index = reinterpret_cast<std::int32_t const*>(args.operands[1]) + p * small;
        take_at(first + p * large, index, small, reinterpret_cast<T*>(args.operands[2]) + p * small);
      } else {
        T const* from = first + p * small;
        T* to = reinterpret_cast<T*>(args.operands[Code::kind == kernel_kind::window_put ? 2 : 1]) + p * large;
        if constexpr (Code::kind == kernel_kind::window_put)
          if (g.is_in_squares()) {
            std::int32_t const* index = reinterpret_cast<std::int32_t const*>(args.operands[1]) + p * small;
            put_squares_on<T>(args.set)(squares, from, index, to);
            continue;
          }
        for (std::int64_t i = 0; i < large; ++i) to[i] = T{};
        if constexpr (Code::kind == kernel_kind::window_put) {
          std::int32_t const* index = reinterpret_cast<std::int32_t const*>(args.operands[1]) + p * small;
          for (std::int64_t i = 0; i < small; ++i)
            if (index[i] >= 0) to[index[i]] += from[i];
        } else {
          each_window(g, [&](std::int64_t i, std::int64_t y, std::int64_t x) {
            g.each(y, x, [&](std::int64_t e) { to[e] += from[i]; });
          });
        }
      }
    }
  }
  template <class F>
  ASHLAR_INLINE static void each_window(geometry const& g, F f) {
    for (std::int64_t y = 0; y < g.windows[0]; ++y)
      for (std::int64_t x = 0; x < g.windows[1]; ++x) f(y * g.windows[1] + x, y, x);
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
