// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include <ashlar/backend/cpu/kernel.hpp>
#include <ashlar/backend/cpu/simd/simd.hpp>
#include <ashlar/backend/element_held.hpp>
#include <ashlar/core/random.hpp>

/// Kernels that move elements, and those that run along one axis. Their numbers are written by passes/lower_node.hpp.
namespace ashlar::inline ASHLAR_ABI::detail {

/// to[i * to_row + j] = from[j * from_row + i], in squares whose lines stay in the first cache.
template <class T>
[[gnu::noinline]] void copy_transposed(T* to, std::int64_t to_row, T const* from, std::int64_t from_row,
                                       std::int64_t rows, std::int64_t columns) {
  constexpr std::int64_t side = 16;
  for (std::int64_t i = 0; i < rows; i += side)
    for (std::int64_t j = 0; j < columns; j += side) {
      T* const square = to + i * to_row + j;
      T const* const source = from + j * from_row + i;
      if (i + side <= rows && j + side <= columns) {
        for (int r = 0; r < side; ++r)  // of lengths that the compiler knows
          for (int c = 0; c < side; ++c) square[r * to_row + c] = source[c * from_row + r];
      } else {
        for (int r = 0; r < rows - i && r < side; ++r)
          for (int c = 0; c < columns - j && c < side; ++c) square[r * to_row + c] = source[c * from_row + r];
      }
    }
}

/// Copies elements that lie apart to a dense place.
template <class Code>
struct move_kernel {
  using T = word_of<Code::at[1]>;

  static void run(kernel_arguments const& args) {
    std::int64_t const* n = args.numbers;
    int const axes = static_cast<int>(n[1]), last = axes - 1;
    std::int64_t extent[8], distance[8], to_distance[8], index[8]{};
    for (int i = 0; i < axes; ++i) {
      extent[i] = n[3 + 2 * i];
      distance[i] = n[4 + 2 * i];
    }
    if (n[2]) extent[0] = n[2] * args.rows;
    kernel_share const own(args, extent[0]);
    if (own.is_empty()) return;
    extent[0] = own.end - own.begin;
    to_distance[last] = 1;
    for (int i = last; i > 0; --i) to_distance[i - 1] = to_distance[i] * extent[i];
    T const* from = reinterpret_cast<T const*>(args.operands[0]) + n[0] + own.begin * distance[0];
    T* to = reinterpret_cast<T*>(args.operands[1]) + own.begin * to_distance[0];
    int across = -1;  // the axis along which the operand is dense, where that is not the last one
    for (int i = 0; i < last && distance[last] != 1; ++i)
      if (distance[i] == 1) across = i;
    std::int64_t const rows = across < 0 ? 1 : std::exchange(extent[across], 1);
    for (bool more = true; more;) {
      if (distance[last] == 1)
        std::memcpy(to, from, static_cast<std::size_t>(extent[last]) * sizeof(T));
      else
        copy_transposed(to, across < 0 ? 0 : to_distance[across], from, distance[last], rows, extent[last]);
      more = false;
      for (int axis = last - 1; axis >= 0 && !more; --axis) {
        from += distance[axis];
        to += to_distance[axis];
        more = ++index[axis] < extent[axis];
        if (!more) {
          from -= extent[axis] * distance[axis];
          to -= extent[axis] * to_distance[axis];
          index[axis] = 0;
        }
      }
    }
  }
};

/// Zeros, with the operand's slices at some places of an axis.
template <class Code>
struct pad_kernel {
  using T = word_of<Code::at[1]>;

  static void run(kernel_arguments const& args) {
    std::int64_t const* n = args.numbers;
    std::int64_t const outer = n[3] ? n[3] * args.rows : n[0], extent = n[1], inner = n[2], count = n[4];
    kernel_share const own(args, outer);
    T const* from = reinterpret_cast<T const*>(args.operands[0]) + own.begin * count * inner;
    T* to = reinterpret_cast<T*>(args.operands[1]) + own.begin * extent * inner;
    std::size_t const slice = static_cast<std::size_t>(inner) * sizeof(T);
    bool const is_block = n[6] == 1;
    std::size_t const block = static_cast<std::size_t>(count) * slice, before = static_cast<std::size_t>(n[5]) * slice;
    for (std::int64_t o = own.begin; o < own.end; ++o, to += extent * inner) {
      if (is_block) {
        char* const bytes = reinterpret_cast<char*>(to);
        std::memset(bytes, 0, before);
        std::memcpy(bytes + before, from, block);
        std::memset(bytes + before + block, 0, static_cast<std::size_t>(extent) * slice - before - block);
        from += count * inner;
        continue;
      }
      std::memset(to, 0, static_cast<std::size_t>(extent) * slice);
      for (std::int64_t i = 0; i < count; ++i, from += inner) std::memcpy(to + (n[5] + i * n[6]) * inner, from, slice);
    }
  }
};

/// Two or three operands, one after the other.
template <class Code>
struct concat_kernel {
  static void run(kernel_arguments const& args) {
    constexpr int operands = Code::at[1];
    std::int64_t const* n = args.numbers;
    std::int64_t const outer = n[1] ? n[1] * args.rows : n[0];
    kernel_share const own(args, outer);
    std::int64_t row = 0;
    for (int k = 0; k < operands; ++k) row += n[2 + k];
    char* to = args.operands[operands] + own.begin * row;
    for (std::int64_t o = own.begin; o < own.end; ++o)
      for (int k = 0; k < operands; ++k) {
        std::memcpy(to, args.operands[k] + o * n[2 + k], static_cast<std::size_t>(n[2 + k]));
        to += n[2 + k];
      }
  }
};

/// Sums up to each place of an axis, or from it on. Floats are summed in double; a sum of bool is whether any is true.
template <class Code>
struct cumsum_kernel {
  using T = typename element_held<Code::at[1]>::type;
  using total_type = std::conditional_t<std::is_same_v<T, float>, double, T>;

  static void run(kernel_arguments const& args) {
    std::int64_t const* n = args.numbers;
    std::int64_t const outer = n[3] ? n[3] * args.rows : n[0], inner = n[2];
    std::int64_t const extent = n[4] ? n[4] * args.rows : n[1], stride = n[1] * inner;
    T const* from = reinterpret_cast<T const*>(args.operands[0]);
    T* to = reinterpret_cast<T*>(args.operands[1]);
    kernel_share const own(args, outer * inner);
    for (std::int64_t line = own.begin; line < own.end; ++line) {
      total_type total{};
      for (std::int64_t i = 0; i < extent; ++i) {
        std::int64_t const at = line / inner * stride + (n[5] ? extent - 1 - i : i) * inner + line % inner;
        if constexpr (Code::at[1] == static_cast<int>(dtype::boolean))
          total = total | from[at];
        else
          total = sum_of(total, static_cast<total_type>(from[at]));
        to[at] = static_cast<T>(total);
      }
    }
  }
};

/// Slices at indices, or sums of slices by their indices in the order in which they stand.
template <class Code>
struct gather_kernel {
  using T = typename element_held<Code::at[1]>::type;

  static void run(kernel_arguments const& args) {
    std::int64_t const* n = args.numbers;
    std::int64_t const outer = n[4] ? n[4] * args.rows : n[0], extent = n[1], full = n[2], inner = n[3];
    std::int64_t const indices = n[5] ? n[5] * args.rows : full;
    T const* from = reinterpret_cast<T const*>(args.operands[0]);
    std::int32_t const* index = reinterpret_cast<std::int32_t const*>(args.operands[1]);
    T* to = reinterpret_cast<T*>(args.operands[2]);
    if constexpr (Code::kind == kernel_kind::gather) {
      kernel_share const own(args, outer * indices);
      for (std::int64_t j = own.begin; j < own.end; ++j) {
        std::int64_t const o = j / indices, at = o * full + j % indices;
        bool const is_one = index[at] >= 0 && index[at] < extent;
        for (std::int64_t k = 0; k < inner; ++k)
          to[at * inner + k] =
              is_one ? from[(o * extent + index[at]) * inner + k] : std::numeric_limits<T>::quiet_NaN();
      }
    } else {  // each share has columns of its own, of all slices
      kernel_share const own(args, outer * inner);
      for (std::int64_t j = own.begin; j < own.end;) {
        std::int64_t const o = j / inner, begin = j % inner, left = own.end - o * inner;
        std::int64_t const end = left < inner ? left : inner;
        j = o * inner + end;
        T* all = to + o * extent * inner;
        for (std::int64_t i = 0; i < extent; ++i)
          for (std::int64_t k = begin; k < end; ++k) all[i * inner + k] = T{};
        for (std::int64_t i = o * full; i < o * full + indices; ++i) {
          if (index[i] < 0 || index[i] >= extent) continue;
          for (std::int64_t k = begin; k < end; ++k) {
            T& sum = all[index[i] * inner + k];
            if constexpr (Code::at[1] == static_cast<int>(dtype::boolean))
              sum = sum | from[i * inner + k];
            else
              sum = sum_of(sum, from[i * inner + k]);
          }
        }
      }
    }
  }
};

/// Whole numbers in random order, each row in its own.
struct permutation_kernel {
  static void run(kernel_arguments const& args) {
    std::int64_t const* n = args.numbers;
    std::int64_t const outer = n[2] ? n[2] * args.rows : n[0];
    std::uint64_t const key = static_cast<std::uint64_t>(n[3]) + args.iteration * 0x9E3779B97F4A7C15u;
    std::int32_t* to = reinterpret_cast<std::int32_t*>(args.operands[0]);
    for (std::int64_t o = 0; o < outer; ++o)
      permutation(std::span(to + o * n[1], static_cast<std::size_t>(n[1])),
                  random_stream(seed(args.seed), key ^ spread_bits(static_cast<std::uint64_t>(o)), args.step));
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
