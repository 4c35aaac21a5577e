// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// While it lives, and `wanted`, the calling thread takes numbers below the smallest of full precision as zeros. For
/// updates: the mean of gradients that have become zero (of units that are never active) shrinks until it is such a
/// number and stays one, and arithmetic with these takes several times as long.
class subnormals_as_zero {
 public:
  ASHLAR_INLINE explicit subnormals_as_zero(bool wanted) : wanted_(wanted) {
    if (!wanted_) return;
    before_ = mode();
    set_mode(before_ | bits);
  }
  subnormals_as_zero(subnormals_as_zero const&) = delete;
  subnormals_as_zero& operator=(subnormals_as_zero const&) = delete;
  ASHLAR_INLINE ~subnormals_as_zero() {
    if (wanted_) set_mode((mode() & ~bits) | (before_ & bits));  // what else it says now stays, such as exceptions
  }

 private:
#if defined(__x86_64__) && !defined(__CUDA_ARCH__)
  using word = std::uint32_t;
  static constexpr word bits = 0x8040;  // of results, and of operands
  static word mode() {
    word m;
    asm volatile("stmxcsr %0" : "=m"(m));
    return m;
  }
  static void set_mode(word m) { asm volatile("ldmxcsr %0" : : "m"(m) : "memory"); }
#elif defined(__aarch64__) && !defined(__CUDA_ARCH__)
  using word = std::uint64_t;
  static constexpr word bits = 1u << 24;
  static word mode() {
    word m;
    asm volatile("mrs %0, fpcr" : "=r"(m));
    return m;
  }
  static void set_mode(word m) { asm volatile("msr fpcr, %0" : : "r"(m) : "memory"); }
#else
  using word = int;
  static constexpr word bits = 0;
  static word mode() { return 0; }
  static void set_mode(word) {}
#endif

  bool wanted_;
  word before_ = 0;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
