// SPDX-License-Identifier: MIT
#pragma once
#include <type_traits>

#include <ashlar/backend/cpu/kernel.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Windows that slide over planes. numbers: planes, h, w, oh, ow, the window (6), planes per valid row.
template <class Code>
struct window_kernel {
  using T = std::conditional_t<Code::at[1] != 0, double, float>;

  struct geometry {
    std::int64_t planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw;

    explicit geometry(kernel_arguments const& args) {
      std::int64_t const* n = args.numbers;
      planes = n[11] ? n[11] * args.rows : n[0];
      h = n[1], w = n[2], oh = n[3], ow = n[4];
      kh = n[5], kw = n[6], sh = n[7], sw = n[8], ph = n[9], pw = n[10];
    }
  };

  /// The position of the first maximum inside the window at (y, x); NaN counts as largest.
  static std::int32_t first_maximum(geometry const& g, T const* plane, std::int64_t y, std::int64_t x) {
    std::int64_t const top = y * g.sh - g.ph, left = x * g.sw - g.pw;
    std::int64_t best = -1;
    for (std::int64_t i = top < 0 ? 0 : top; i < top + g.kh && i < g.h; ++i)
      for (std::int64_t j = left < 0 ? 0 : left; j < left + g.kw && j < g.w; ++j) {
        T const v = plane[i * g.w + j];
        if (best < 0 || v > plane[best] || (v != v && plane[best] == plane[best])) best = i * g.w + j;
      }
    return static_cast<std::int32_t>(best);
  }

  static void run(kernel_arguments const& args) {
    geometry const g(args);
    std::int64_t const large = g.h * g.w, small = g.oh * g.ow;
    T const* first = reinterpret_cast<T const*>(args.operands[0]);
    if constexpr (Code::kind == kernel_kind::window_index) {
      std::int32_t* to = reinterpret_cast<std::int32_t*>(args.operands[1]);
      for (std::int64_t p = 0; p < g.planes; ++p)
        for (std::int64_t y = 0; y < g.oh; ++y)
          for (std::int64_t x = 0; x < g.ow; ++x)
            to[p * small + y * g.ow + x] = first_maximum(g, first + p * large, y, x);
    } else {
      std::int32_t const* index = reinterpret_cast<std::int32_t const*>(args.operands[1]);
      T* to = reinterpret_cast<T*>(args.operands[2]);
      if constexpr (Code::kind == kernel_kind::window_take) {
        for (std::int64_t p = 0; p < g.planes; ++p)
          for (std::int64_t i = 0; i < small; ++i) to[p * small + i] = first[p * large + index[p * small + i]];
      } else {
        for (std::int64_t p = 0; p < g.planes; ++p) {
          for (std::int64_t i = 0; i < large; ++i) to[p * large + i] = T{};
          for (std::int64_t i = 0; i < small; ++i) to[p * large + index[p * small + i]] += first[p * small + i];
        }
      }
    }
  }
};

/// Moves elements of a size to another order of axes.
/// numbers: rank, rows of axis 0 per valid row, then extent and source distance of every axis.
template <class Code>
struct permute_kernel {
  using T = std::conditional_t<Code::at[1] == 8, std::uint64_t,
                               std::conditional_t<Code::at[1] == 4, std::uint32_t, std::uint8_t>>;
  static void run(kernel_arguments const& args) {
    int const rank = static_cast<int>(args.numbers[0]);
    std::int64_t extent[8], distance[8], index[8]{};
    for (int i = 0; i < rank; ++i) {
      extent[i] = args.numbers[2 + 2 * i];
      distance[i] = args.numbers[3 + 2 * i];
    }
    if (args.numbers[1]) extent[0] = args.numbers[1] * args.rows;
    T const* from = reinterpret_cast<T const*>(args.operands[0]);
    T* to = reinterpret_cast<T*>(args.operands[1]);
    for (bool more = true; more;) {
      for (std::int64_t i = 0; i < extent[rank - 1]; ++i) *to++ = from[i * distance[rank - 1]];
      more = false;
      for (int axis = rank - 2; axis >= 0 && !more; --axis) {
        from += distance[axis];
        more = ++index[axis] < extent[axis];
        if (!more) {
          from -= extent[axis] * distance[axis];
          index[axis] = 0;
        }
      }
    }
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
