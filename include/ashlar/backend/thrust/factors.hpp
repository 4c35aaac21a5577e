// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <type_traits>

#include <ashlar/backend/thrust/system.hpp>

/// Factors of products and convolutions as a policy wants them: as they are, or rounded to bf16, which is a float
/// without the lower half of its bits. Products of such factors are exact in float, and so are their sums as before.
namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// The bits of the bf16 that is nearest, of two the even one; a number beyond the largest becomes infinite, NaN stays.
ASHLAR_INLINE ASHLAR_HD std::uint16_t bf16_bits(float x) {
  std::uint32_t const bits = __builtin_bit_cast(std::uint32_t, x);  // std's is the host's alone
  if (x != x) return static_cast<std::uint16_t>(bits >> 16 | 64);   // quiet, also where the upper half has no 1
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
ASHLAR_INLINE ASHLAR_HD float from_bf16_bits(std::uint16_t half) {
  return __builtin_bit_cast(float, std::uint32_t{half} << 16);
}
/// A factor; Rounds: of float to bf16. Doubles stay what they are.
template <bool Rounds, class T>
ASHLAR_INLINE ASHLAR_HD T as_factor(T x) {
  if constexpr (Rounds && std::is_same_v<T, float>)
    return from_bf16_bits(bf16_bits(x));
  else
    return x;
}

/// Whether a kernel's integer pack says, as number At, that it rounds its factors.
template <class Code, int At>
constexpr bool rounds_in() {
  if constexpr (Code::size > At)
    return Code::at[At] != 0;
  else
    return false;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
