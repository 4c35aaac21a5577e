// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// 128 bits in four words: a counter or a block of random bits.
struct philox_block {
  std::uint32_t word[4];  ///< 32 bits each.
};

/// The 64-bit key of a Philox generator in two words.
struct philox_key {
  std::uint32_t word[2];  ///< 32 bits each.
};

/// Philox4x32-10: the block of 128 random bits number `counter` of the generator `key`, a pure function of both.
/// cost: 20 multiplications and 40 exclusive ors; a loop over counters vectorises.
/// source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011
ASHLAR_INLINE ASHLAR_HD constexpr philox_block philox(philox_block counter, philox_key key) {
  std::uint32_t c0 = counter.word[0], c1 = counter.word[1], c2 = counter.word[2], c3 = counter.word[3];
  std::uint32_t k0 = key.word[0], k1 = key.word[1];
  for (int round = 0; round < 10; ++round) {
    // Multipliers of the paper's section 3.4; the key's increments are the golden ratio and sqrt(3) - 1.
    std::uint64_t const left = std::uint64_t{0xD2511F53u} * c0;
    std::uint64_t const right = std::uint64_t{0xCD9E8D57u} * c2;
    c0 = static_cast<std::uint32_t>(right >> 32) ^ c1 ^ k0;
    c2 = static_cast<std::uint32_t>(left >> 32) ^ c3 ^ k1;
    c1 = static_cast<std::uint32_t>(right);
    c3 = static_cast<std::uint32_t>(left);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

}  // namespace ashlar::inline ASHLAR_ABI
