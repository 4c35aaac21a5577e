// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <cstring>

#include <ashlar/backend/thrust/system.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// How many numbers a thread works on at once: on a GPU as many as one access of 128 bits moves, on a CPU a cache line.
/// Tests give ASHLAR_PACKET_BYTES, to try the one's packets on the other.
#if defined(ASHLAR_PACKET_BYTES)
template <class T>
inline constexpr int packet_size = ASHLAR_PACKET_BYTES / static_cast<int>(sizeof(T));
#else
template <class T>
inline constexpr int packet_size = (ASHLAR_GPU ? 16 : 64) / static_cast<int>(sizeof(T));
#endif

/// Numbers that lie side by side.
template <class T, int N>
struct alignas(N * sizeof(T) < 16 ? N * sizeof(T) : 16) packet {
  T at[N];
};

template <class T, int N>
ASHLAR_INLINE ASHLAR_HD void splat(packet<T, N>& p, T x) {
  ASHLAR_UNROLL
  for (int k = 0; k < N; ++k) p.at[k] = x;
}

/// Reads the first `count` numbers of a packet from where they lie side by side; the others become 0.
template <class T, int N>
ASHLAR_INLINE ASHLAR_HD void load(packet<T, N>& p, T const* from, int count) {
  if (count == N) {
#if ASHLAR_DEVICE_CODE
    if ((reinterpret_cast<std::uintptr_t>(from) & (sizeof p - 1)) == 0) {
      p = *reinterpret_cast<packet<T, N> const*>(from);
      return;
    }
#else
    std::memcpy(&p, from, sizeof p);
    return;
#endif
  }
  ASHLAR_UNROLL
  for (int k = 0; k < N; ++k) p.at[k] = k < count ? from[k] : T{};
}
/// Writes the first `count` numbers of a packet side by side.
template <class T, int N>
ASHLAR_INLINE ASHLAR_HD void store(packet<T, N> const& p, T* to, int count) {
  if (count == N) {
#if ASHLAR_DEVICE_CODE
    if ((reinterpret_cast<std::uintptr_t>(to) & (sizeof p - 1)) == 0) {
      *reinterpret_cast<packet<T, N>*>(to) = p;
      return;
    }
#else
    std::memcpy(to, &p, sizeof p);
    return;
#endif
  }
  ASHLAR_UNROLL
  for (int k = 0; k < N; ++k)
    if (k < count) to[k] = p.at[k];
}

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
