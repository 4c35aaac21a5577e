// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>

#include <ashlar/backend/cpu/simd/simd.hpp>

/// The first lanes of a vector from and to memory, where possible by instructions that leave the others alone: a load
/// waits long for narrower stores, so a copy of them on the stack costs more than most kernels' arithmetic.
namespace ashlar::inline ASHLAR_ABI::detail {

// clang asks of a function with such a vector in assembly that it has the instruction set itself.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(ASHLAR_BASELINE_ONLY) && \
    !defined(__CUDA_ARCH__)
#define ASHLAR_MASKED_ACCESS 1
#else
#define ASHLAR_MASKED_ACCESS 0
#endif

/// All ones in the first `count` lanes, zeros in the others.
template <class S>
ASHLAR_INLINE void first_lanes(typename S::mask& m, int count) {
  typename S::mask number;
  for (int i = 0; i < S::width; ++i) number[i] = i;
  m = number < static_cast<typename S::bits>(count);
}

/// v = from[0, count), then zeros; count < width.
template <class T, instruction_set Set>
ASHLAR_INLINE void load_part(typename simd<T, Set>::vector& v, T const* from, int count) {
  using S = simd<T, Set>;
#if ASHLAR_MASKED_ACCESS
  using memory = T const(*)[S::width];
  if constexpr (Set == instruction_set::avx512 && !avx512_is_emulated) {
    auto const lanes = static_cast<unsigned short>((1u << count) - 1);
    if constexpr (sizeof(T) == 4)
      asm("vmovups %1, %0 %{%2%}%{z%}" : "=v"(v) : "m"(*reinterpret_cast<memory>(from)), "Yk"(lanes));
    else
      asm("vmovupd %1, %0 %{%2%}%{z%}" : "=v"(v) : "m"(*reinterpret_cast<memory>(from)), "Yk"(lanes));
    return;
  } else if constexpr (Set == instruction_set::avx2) {
    typename S::mask lanes;
    first_lanes<S>(lanes, count);
    if constexpr (sizeof(T) == 4)
      asm("vmaskmovps %1, %2, %0" : "=x"(v) : "m"(*reinterpret_cast<memory>(from)), "x"(lanes));
    else
      asm("vmaskmovpd %1, %2, %0" : "=x"(v) : "m"(*reinterpret_cast<memory>(from)), "x"(lanes));
    return;
  }
#endif
  T part[S::width]{};
  std::memcpy(part, from, static_cast<std::size_t>(count) * sizeof(T));
  S::load(v, part);
}
/// to[0, count) = the first lanes of v; count < width.
template <class T, instruction_set Set>
ASHLAR_INLINE void store_part(typename simd<T, Set>::vector const& v, T* to, int count) {
  using S = simd<T, Set>;
#if ASHLAR_MASKED_ACCESS
  using memory = T(*)[S::width];
  if constexpr (Set == instruction_set::avx512 && !avx512_is_emulated) {
    auto const lanes = static_cast<unsigned short>((1u << count) - 1);
    if constexpr (sizeof(T) == 4)
      asm("vmovups %1, %0 %{%2%}" : "+m"(*reinterpret_cast<memory>(to)) : "v"(v), "Yk"(lanes));
    else
      asm("vmovupd %1, %0 %{%2%}" : "+m"(*reinterpret_cast<memory>(to)) : "v"(v), "Yk"(lanes));
    return;
  } else if constexpr (Set == instruction_set::avx2) {
    typename S::mask lanes;
    first_lanes<S>(lanes, count);
    if constexpr (sizeof(T) == 4)
      asm("vmaskmovps %1, %2, %0" : "+m"(*reinterpret_cast<memory>(to)) : "x"(v), "x"(lanes));
    else
      asm("vmaskmovpd %1, %2, %0" : "+m"(*reinterpret_cast<memory>(to)) : "x"(v), "x"(lanes));
    return;
  }
#endif
  T part[S::width];
  S::store(v, part);
  std::memcpy(to, part, static_cast<std::size_t>(count) * sizeof(T));
}
#undef ASHLAR_MASKED_ACCESS

}  // namespace ashlar::inline ASHLAR_ABI::detail
