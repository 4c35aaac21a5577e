// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/backend/cpu/simd/simd.hpp>

/// Long sums of floats: a number is added to about as many others as blocks are long, or the sum's error would grow
/// with its length.
namespace ashlar::inline ASHLAR_ABI::detail {

/// Sums along the innermost axis add blocks of so many vectors, and the blocks in pairs: levels[k] is the sum of 2^k.
inline constexpr std::int64_t block_vectors = 128;
inline constexpr int block_levels = 32;

/// to += from, which becomes 0.
template <class T>
[[gnu::noinline]] void move_sums(T* to, T* from, std::int64_t count) {
  using S = simd<T, instruction_set::baseline>;
  typename S::vector sum, moved, zero{};
  std::int64_t i = 0;
  for (; i + S::width <= count; i += S::width) {
    S::load(sum, to + i);
    S::load(moved, from + i);
    S::store(sum + moved, to + i);
    S::store(zero, from + i);
  }
  for (; i < count; ++i) {
    to[i] += from[i];
    from[i] = 0;
  }
}

/// Moves `count` sums and those of their first `full` levels, which lie `apart` from one another, one level up; then
/// those of `all` levels into the sums.
template <class T>
ASHLAR_COMPILED_ONCE void move_levels(T* sums, T* levels, std::int64_t apart, std::int64_t count, int full,
                                      std::int64_t all) {
  for (int k = 0; k < full; ++k) move_sums(levels + k * apart, k ? levels + (k - 1) * apart : sums, count);
  for (int k = 0; k < all; ++k) move_sums(sums, levels + k * apart, count);
}

/// The blocks of Count sums along the innermost axis; S is a simd type.
template <class S, int Count>
struct block_sums {
  typename S::element levels[Count][block_levels][S::width];
  std::int64_t blocks = 0;
  std::int64_t left = block_vectors;

  /// Where the block that goes on at `at` ends.
  ASHLAR_INLINE std::int64_t end(std::int64_t at, std::int64_t extent) {
    std::int64_t const block = at + left * S::width;
    if (block <= extent) {
      left = 0;
      return block;
    }
    left -= (extent - at + S::width - 1) / S::width;
    return extent;
  }
  ASHLAR_INLINE bool is_full() const { return left == 0; }
  /// Takes in the sum of a full block, which becomes 0.
  ASHLAR_INLINE void take(typename S::vector& sum, int of) {
    int level = 0;
    for (std::int64_t n = blocks; n & 1; n >>= 1) add(sum, of, level++);
    S::store(sum, levels[of][level]);
    sum = typename S::vector{};
  }
  ASHLAR_INLINE void next() {
    ++blocks;
    left = block_vectors;
  }
  /// sum += all that was taken in.
  ASHLAR_INLINE void add_all(typename S::vector& sum, int of) const {
    int level = 0;
    for (std::int64_t n = blocks; n; n >>= 1, ++level)
      if (n & 1) add(sum, of, level);
  }
  ASHLAR_INLINE void add(typename S::vector& sum, int of, int level) const {
    typename S::vector held;
    S::load(held, levels[of][level]);
    sum = sum + held;
  }
};
template <class S>
struct block_sums<S, 0> {
  ASHLAR_INLINE static std::int64_t end(std::int64_t, std::int64_t extent) { return extent; }
  ASHLAR_INLINE static bool is_full() { return false; }
  ASHLAR_INLINE static void next() {}
};

/// Where the sums of a column kernel stand. Every `steps` steps along an outer axis its outputs move into level 0,
/// every 64 times that into level 1, and so on; steps 0: they are short, and stay where they are.
struct column_blocks {
  std::int64_t steps, levels, count, base = 0;
  int axis;
  std::int64_t left, blocks = 0;

  column_blocks(std::int64_t const* numbers, std::int64_t elements, std::int64_t stride)
      : steps(numbers[0]), levels(numbers[1]), count(stride ? stride : elements), axis(stride ? 1 : 0), left(steps) {}

  /// How many levels are full after another step.
  int full_levels() {
    if (--left) return 0;
    left = steps;
    int full = 1;
    for (std::int64_t n = ++blocks; full < levels && n % 64 == 0; n /= 64) ++full;
    return full;
  }
  void next_part() {
    left = steps;
    blocks = 0;
    base += count;
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
