// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ashlar/backend/cpu/simd/part_access.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

/// A plane in windows of 2 x 2 elements side by side, `rows` x `columns` of them.
struct square_plane {
  std::int64_t height, width, rows, columns;
};

/// What is compiled for each instruction set: the largest of every window, and its gradient.
template <instruction_set Set, class T>
struct square_windows {
  using S = simd<T, Set>;
  using vector = typename S::vector;
  using mask = typename S::mask;
  using bits = typename S::bits;
  static constexpr int width = S::width;
  using lanes = std::make_integer_sequence<int, width>;

  /// The even or the odd lanes of a, then those of b.
  template <int Odd, int... I>
  ASHLAR_INLINE static void every_second(vector& v, vector const& a, vector const& b,
                                         std::integer_sequence<int, I...>) {
#if defined(__clang__)
    v = __builtin_shufflevector(a, b, (2 * I + Odd)...);
#else
    v = __builtin_shuffle(a, b, mask{(2 * I + Odd)...});
#endif
  }
  /// Lanes of a and b in turns, from lane First on.
  template <int First, int... I>
  ASHLAR_INLINE static void in_turns(vector& v, vector const& a, vector const& b, std::integer_sequence<int, I...>) {
#if defined(__clang__)
    v = __builtin_shufflevector(a, b, (First + I / 2 + I % 2 * width)...);
#else
    v = __builtin_shuffle(a, b, mask{(First + I / 2 + I % 2 * width)...});
#endif
  }
  /// The left and the right elements of neighbouring windows; nothing behind the last one is read.
  ASHLAR_INLINE static void load_pairs(vector& left, vector& right, T const* from, int count) {
    vector a, b{};
    if (count == width) {
      S::load(a, from);
      S::load(b, from + width);
    } else if (2 * count < width) {
      load_part<T, Set>(a, from, 2 * count);
    } else {
      S::load(a, from);
      if constexpr (width > 2)
        if (2 * count > width) load_part<T, Set>(b, from + width, 2 * count - width);
    }
    every_second<0>(left, a, b, lanes{});
    every_second<1>(right, a, b, lanes{});
  }
  ASHLAR_INLINE static void store_pairs(vector const& left, vector const& right, T* to, int count) {
    vector a, b;
    in_turns<0>(a, left, right, lanes{});
    in_turns<width / 2>(b, left, right, lanes{});
    if (2 * count < width) return store_part<T, Set>(a, to, 2 * count);
    S::store(a, to);
    if (count == width) return S::store(b, to + width);
    if constexpr (width > 2)
      if (2 * count > width) store_part<T, Set>(b, to + width, 2 * count - width);
  }
  ASHLAR_INLINE static void store_some(vector const& v, T* to, int count) {
    count == width ? S::store(v, to) : store_part<T, Set>(v, to, count);
  }
  ASHLAR_INLINE static void store_positions(mask const& index, std::int32_t* to, int count) {
    if constexpr (sizeof(T) == 4) {
      using whole = simd<float, Set>;
      auto const v = reinterpret_cast<typename whole::vector>(index);
      count == width ? std::memcpy(to, &v, sizeof v),
          void()     : store_part<float, Set>(v, reinterpret_cast<float*>(to), count);
    } else {
      for (int i = 0; i < count; ++i) to[i] = static_cast<std::int32_t>(index[i]);
    }
  }
  ASHLAR_INLINE static void load_positions(mask& index, std::int32_t const* from, int count) {
    if constexpr (sizeof(T) == 4) {
      typename simd<float, Set>::vector v;
      count == width ? std::memcpy(&v, from, sizeof v),
          void()     : load_part<float, Set>(v, reinterpret_cast<float const*>(from), count);
      index = reinterpret_cast<mask>(v);
    } else {
      index = mask{};
      for (int i = 0; i < count; ++i) index[i] = from[i];
    }
  }
  /// best = v where it is larger, or the first that is no number.
  ASHLAR_INLINE static void take_larger(vector& best, mask& stays, vector const& v) {
    stays = v <= best;
    S::settle(stays);
    stays = stays | (best != best);
    S::choose(best, stays, best, v);
  }
  /// Neighbouring windows of row y: the first one's number and place, and how many. The last ones of a row may come
  /// twice.
  struct block {
    std::int64_t window, first;
    int count;

    ASHLAR_INLINE block(square_plane const& p, std::int64_t y, std::int64_t x)
        : count(p.columns < width ? static_cast<int>(p.columns) : width) {
      if (x + count > p.columns) x = p.columns - count;
      window = y * p.columns + x;
      first = 2 * (y * p.width + x);
    }
  };
  /// Of each window the position of the first maximum, or of the first that is no number, and perhaps it itself.
  ASHLAR_INLINE static void take(square_plane const& p, T const* plane, std::int32_t* index, T* value) {
    mask right_of{};
    for (int i = 0; i < width; ++i) right_of[i] = static_cast<bits>(2 * i + 1);
    for (std::int64_t y = 0; y < p.rows; ++y)
      for (std::int64_t x = 0; x < p.columns; x += width) {
        block const b(p, y, x);
        vector best, lower, v;
        mask stays;
        load_pairs(best, v, plane + b.first, b.count);
        take_larger(best, stays, v);
        mask const right = right_of + static_cast<bits>(b.first);
        mask at = right + stays;  // one less where the left one stays
        load_pairs(lower, v, plane + b.first + p.width, b.count);
        take_larger(lower, stays, v);
        mask const below = right + static_cast<bits>(p.width) + stays;
        take_larger(best, stays, lower);
        at = (at & stays) | (below & ~stays);
        store_positions(at, index + b.window, b.count);
        if (value) store_some(best, value + b.window, b.count);
      }
  }
  /// Zeros, but for the numbers of the windows at their positions; -0 becomes 0, as in a sum.
  ASHLAR_INLINE static void put(square_plane const& p, T const* from, std::int32_t const* index, T* plane) {
    mask left_of{};
    for (int i = 0; i < width; ++i) left_of[i] = static_cast<bits>(2 * i);
    for (std::int64_t y = 0; y < p.rows; ++y)
      for (std::int64_t x = 0; x < p.columns; x += width) {
        block const b(p, y, x);
        vector const zero{};
        vector v, upper[2], lower[2];
        b.count == width ? S::load(v, from + b.window) : load_part<T, Set>(v, from + b.window, b.count);
        v = v + zero;
        mask at;
        load_positions(at, index + b.window, b.count);
        at = at - left_of - static_cast<bits>(b.first);
        for (int i = 0; i < 2; ++i) {
          S::choose(upper[i], at == static_cast<bits>(i), v, zero);
          S::choose(lower[i], at == static_cast<bits>(p.width + i), v, zero);
        }
        store_pairs(upper[0], upper[1], plane + b.first, b.count);
        store_pairs(lower[0], lower[1], plane + b.first + p.width, b.count);
      }
    if (2 * p.columns < p.width)
      for (std::int64_t y = 0; y < 2 * p.rows; ++y) plane[y * p.width + p.width - 1] = T{};
    for (std::int64_t i = 2 * p.rows * p.width; i < p.height * p.width; ++i) plane[i] = T{};
  }
};

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

// Functions by instruction set: of positions and values, and of gradients.

template <class T>
void take_squares_on_baseline(square_plane const& p, T const* plane, std::int32_t* index, T* value) {
  square_windows<instruction_set::baseline, T>::take(p, plane, index, value);
}
template <class T>
ASHLAR_TARGET_AVX2 void take_squares_on_avx2(square_plane const& p, T const* plane, std::int32_t* index, T* value) {
  square_windows<instruction_set::avx2, T>::take(p, plane, index, value);
}
template <class T>
ASHLAR_TARGET_AVX512 void take_squares_on_avx512(square_plane const& p, T const* plane, std::int32_t* index, T* value) {
  square_windows<instruction_set::avx512, T>::take(p, plane, index, value);
}
template <class T>
auto take_squares_on([[maybe_unused]] instruction_set set) {
  return ASHLAR_BY_SET(set, take_squares_on_baseline<T>, take_squares_on_avx2<T>, take_squares_on_avx512<T>);
}
template <class T>
void put_squares_on_baseline(square_plane const& p, T const* from, std::int32_t const* index, T* plane) {
  square_windows<instruction_set::baseline, T>::put(p, from, index, plane);
}
template <class T>
ASHLAR_TARGET_AVX2 void put_squares_on_avx2(square_plane const& p, T const* from, std::int32_t const* index, T* plane) {
  square_windows<instruction_set::avx2, T>::put(p, from, index, plane);
}
template <class T>
ASHLAR_TARGET_AVX512 void put_squares_on_avx512(square_plane const& p, T const* from, std::int32_t const* index,
                                                T* plane) {
  square_windows<instruction_set::avx512, T>::put(p, from, index, plane);
}
template <class T>
auto put_squares_on([[maybe_unused]] instruction_set set) {
  return ASHLAR_BY_SET(set, put_squares_on_baseline<T>, put_squares_on_avx2<T>, put_squares_on_avx512<T>);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
