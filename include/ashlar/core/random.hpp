// SPDX-License-Identifier: MIT
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ashlar/core/box_muller.hpp>
#include <ashlar/core/config.hpp>
#include <ashlar/core/philox.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// What makes a run repeatable: the same seed gives the same bits.
struct seed {
  std::uint64_t value;  ///< Its 64 bits.

  /// The seed of a number: `seed{7}`.
  template <std::integral Integer>
  ASHLAR_HD constexpr explicit seed(Integer number) : value(static_cast<std::uint64_t>(number)) {}
};

/// The stream key of a layer's path such as "0.dropout".
/// source: Fowler, Noll, Vo: FNV-1a, 64 bits
ASHLAR_HD constexpr std::uint64_t hash_path(char const* path, std::size_t length) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (std::size_t i = 0; i < length; ++i) hash = (hash ^ static_cast<unsigned char>(path[i])) * 0x100000001B3u;
  return hash;
}

namespace detail {
/// A bijection that spreads every bit over all 64. source: the finaliser of SplitMix64 (Steele, Lea, Flood 2014)
ASHLAR_HD constexpr std::uint64_t spread_bits(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}
}  // namespace detail

/// A stream of random numbers without state: element i of (seed, stream key, step) is a pure function of the four,
/// so that any thread, policy or batch draws the same.
/// example: float u = random_stream(seed{7}, hash_path("0", 1), step).uniform(i);
class random_stream {
 public:
  /// The stream of a key, such as hash_path of a name, at a step.
  ASHLAR_HD constexpr random_stream(seed s, std::uint64_t stream_key, std::uint64_t step = 0)
      : key_(detail::spread_bits(detail::spread_bits(s.value + 0x9E3779B97F4A7C15u) ^ stream_key)), step_(step) {}

  /// The 128 bits of elements 4 * index to 4 * index + 3, a word each.
  ASHLAR_INLINE ASHLAR_HD constexpr philox_block block(std::uint64_t index) const {
    return philox({{low(index), high(index), low(step_), high(step_)}}, {{low(key_), high(key_)}});
  }

  /// 32 random bits.
  ASHLAR_HD constexpr std::uint32_t bits(std::uint64_t element) const { return block(element / 4).word[element % 4]; }

  /// A float in [0, 1), a multiple of 2^-24.
  ASHLAR_HD constexpr float uniform(std::uint64_t element) const { return to_uniform(bits(element)); }

  /// A double in [0, 1), a multiple of 2^-53; it shares its bits with floats 2 * element and 2 * element + 1.
  ASHLAR_HD constexpr double uniform_double(std::uint64_t element) const {
    return static_cast<double>(bits64(element) >> 11) * 0x1p-53;
  }

  /// A standard normal number; elements 2k and 2k + 1 are one pair of Box and Muller.
  ASHLAR_HD float normal(std::uint64_t element) const {
    philox_block const random = block(element / 4);
    bool const upper = element & 2;
    normal_pair const pair = box_muller(random.word[upper ? 2 : 0], random.word[upper ? 3 : 1]);
    return element & 1 ? pair.second : pair.first;
  }

  /// 64 random bits, those of elements 2 * index and 2 * index + 1.
  ASHLAR_HD constexpr std::uint64_t bits64(std::uint64_t index) const {
    philox_block const random = block(index / 2);
    return index & 1 ? join(random.word[2], random.word[3]) : join(random.word[0], random.word[1]);
  }

  /// What `uniform` makes of 32 bits, for loops that draw whole blocks.
  ASHLAR_INLINE ASHLAR_HD static constexpr float to_uniform(std::uint32_t word) {
    return static_cast<float>(static_cast<std::int32_t>(word >> 8)) * 0x1p-24f;
  }

 private:
  ASHLAR_HD static constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  ASHLAR_HD static constexpr std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }
  ASHLAR_HD static constexpr std::uint64_t join(std::uint32_t lower, std::uint32_t upper) {
    return std::uint64_t{upper} << 32 | lower;
  }

  std::uint64_t key_;
  std::uint64_t step_;
};

/// Fills `order` (anything with size() and [i]) with 0, 1, ... in random order, each order equally likely.
/// source: Fisher, Yates; indices by masking and rejection, so without modulo bias
#if defined(__CUDACC__)
#pragma nv_exec_check_disable
#endif
template <class Indices>
ASHLAR_HD constexpr void permutation(Indices&& order, random_stream stream) {
  auto const count = static_cast<std::uint64_t>(order.size());
  for (std::uint64_t i = 0; i < count; ++i) order[i] = static_cast<std::remove_cvref_t<decltype(order[i])>>(i);
  std::uint64_t draw = 0;
  std::uint64_t mask = 1;  // 2^k - 1, the smallest that covers i
  while (mask < count) mask = mask * 2 + 1;
  for (std::uint64_t i = count; i-- > 1;) {
    while (mask / 2 >= i) mask /= 2;
    std::uint64_t j = stream.bits64(draw++) & mask;
    while (j > i) j = stream.bits64(draw++) & mask;
    auto const held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
}

}  // namespace ashlar::inline ASHLAR_ABI
