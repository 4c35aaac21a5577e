// SPDX-License-Identifier: MIT
#pragma once
#include <limits>
#include <type_traits>

#include <ashlar/backend/cpu/kernel.hpp>

/// Of a function whose loops over neighbours are worth vectors: g++ makes none by -O2.
#if defined(__GNUC__) && !defined(__clang__)
#define ASHLAR_VECTORISED [[gnu::noinline]] __attribute__((optimize("O3")))
#else
#define ASHLAR_VECTORISED [[gnu::noinline]]
#endif

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

  static constexpr int row_part = 64;  // windows of a row that are taken together
  /// f(first, last, position of the first one's element, the elements' distance) for windows [first, last) of a part of
  /// row y that begins at `begin`, place after place: each place in the order in which a window alone takes it.
  template <class F>
  ASHLAR_INLINE static void each_place(geometry const& g, std::int64_t y, std::int64_t begin, std::int64_t end, F f) {
    span const rows = g.at(0, y);
    std::int64_t const kernel = g.window[1], stride = g.window[3], padding = g.window[5], step = g.window[7];
    for (std::int64_t i = rows.begin; i < rows.end; i += rows.step)
      for (std::int64_t k = 0; k < kernel; ++k) {
        std::int64_t const shift = k * step - padding, behind = g.extent[1] - shift;
        std::int64_t const least = shift < 0 ? (-shift + stride - 1) / stride : 0;
        std::int64_t const most = behind > 0 ? (behind + stride - 1) / stride : 0;
        std::int64_t const first = least > begin ? least : begin, last = most < end ? most : end;
        if (first < last)
          f(static_cast<int>(first - begin), static_cast<int>(last - begin), i * g.extent[1] + first * stride + shift,
            stride);
      }
  }
  /// The same as first_maximum of windows [begin, end) of row y.
  ASHLAR_VECTORISED static void first_maxima(geometry const& g, T const* plane, std::int64_t y, std::int64_t begin,
                                             std::int64_t end, std::int32_t* to) {
    T best[row_part];
    std::int32_t index[row_part];
    for (int x = 0; x < row_part; ++x) {
      best[x] = -std::numeric_limits<T>::infinity();
      index[x] = -1;
    }
    each_place(g, y, begin, end, [&](int first, int last, std::int64_t from, std::int64_t distance) {
      T const* const row = plane + from;
      std::int32_t const position = static_cast<std::int32_t>(from), apart = static_cast<std::int32_t>(distance);
      for (int x = first; x < last; ++x) {
        int const k = x - first;
        T const v = row[k * apart], old = best[x];
        bool const wins = (index[x] < 0) | (v > old) | ((v != v) & (old == old));
        best[x] = wins ? v : old;
        index[x] = wins ? position + k * apart : index[x];
      }
    });
    for (std::int64_t x = begin; x < end; ++x) to[x] = index[x - begin];
  }
  /// The sums of windows [begin, end) of row y.
  ASHLAR_VECTORISED static void sums(geometry const& g, T const* plane, std::int64_t y, std::int64_t begin,
                                     std::int64_t end, T* to) {
    T total[row_part]{};
    each_place(g, y, begin, end, [&](int first, int last, std::int64_t from, std::int64_t distance) {
      T const* const row = plane + from;
      int const apart = static_cast<int>(distance);
      for (int x = first; x < last; ++x) total[x] += row[(x - first) * apart];
    });
    for (std::int64_t x = begin; x < end; ++x) to[x] = total[x - begin];
  }
  /// f(y, begin, end) for all windows, parts of rows at a time.
  template <class F>
  ASHLAR_INLINE static void each_part(geometry const& g, F f) {
    for (std::int64_t y = 0; y < g.windows[0]; ++y)
      for (std::int64_t x = 0; x < g.windows[1]; x += row_part)
        f(y, x, g.windows[1] - x < row_part ? g.windows[1] : x + row_part);
  }

  static void run(kernel_arguments const& args) {
    geometry const g(args);
    std::int64_t const large = g.extent[0] * g.extent[1], small = g.windows[0] * g.windows[1];
    T const* first = reinterpret_cast<T const*>(args.operands[0]);
    kernel_share const own(args, g.planes);
    for (std::int64_t p = own.begin; p < own.end; ++p) {
      if constexpr (Code::kind == kernel_kind::window_index) {
        std::int32_t* to = reinterpret_cast<std::int32_t*>(args.operands[1]) + p * small;
        if (g.window[0])
          each_part(g, [&](std::int64_t y, std::int64_t begin, std::int64_t end) {
            first_maxima(g, first + p * large, y, begin, end, to + y * g.windows[1]);
          });
        else
          each_window(g, [&](std::int64_t i, std::int64_t y, std::int64_t x) {
            to[i] = first_maximum(g, first + p * large, y, x);
          });
      } else if constexpr (Code::kind == kernel_kind::window_sum) {
        T* to = reinterpret_cast<T*>(args.operands[1]) + p * small;
        T const* from = first + p * large;
        if (g.window[0])
          each_part(g, [&](std::int64_t y, std::int64_t begin, std::int64_t end) {
            sums(g, from, y, begin, end, to + y * g.windows[1]);
          });
        else
          each_window(g, [&](std::int64_t i, std::int64_t y, std::int64_t x) {
            T total{};
            g.each(y, x, [&](std::int64_t e) { total += from[e]; });
            to[i] = total;
          });
      } else if constexpr (Code::kind == kernel_kind::window_take) {
        std::int32_t const* index = reinterpret_cast<std::int32_t const*>(args.operands[1]) + p * small;
        T* to = reinterpret_cast<T*>(args.operands[2]) + p * small;
        for (std::int64_t i = 0; i < small; ++i)
          to[i] = index[i] < 0 ? -std::numeric_limits<T>::infinity() : first[p * large + index[i]];
      } else {
        T const* from = first + p * small;
        T* to = reinterpret_cast<T*>(args.operands[Code::kind == kernel_kind::window_put ? 2 : 1]) + p * large;
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
#undef ASHLAR_VECTORISED
