// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Instruction sets that kernels are compiled for side by side; the machine's is chosen when a program starts.
enum class instruction_set : int { baseline, avx2, avx512 };
inline constexpr int instruction_sets = 3;

/// ASHLAR_EMULATED_AVX512: kernels for AVX-512 do by AVX2's instructions, two for one, what they would do by their own.
/// So tests try them on machines without it. All units of a program are compiled with it, or none.
#if defined(ASHLAR_EMULATED_AVX512)
inline constexpr bool avx512_is_emulated = true;
#else
inline constexpr bool avx512_is_emulated = false;
#endif

/// ASHLAR_AT_MOST_AVX2: kernels for AVX-512 are left out; a processor that has it runs AVX2's. All units of a program
/// are compiled with it, or none.
#if defined(ASHLAR_AT_MOST_AVX2)
inline constexpr bool may_use_avx512 = false;
#else
inline constexpr bool may_use_avx512 = true;
#endif

#if defined(__x86_64__) && !defined(ASHLAR_BASELINE_ONLY)
#define ASHLAR_TARGET_AVX2 [[gnu::target("avx2,fma")]]
#if defined(ASHLAR_EMULATED_AVX512)
#define ASHLAR_TARGET_AVX512 ASHLAR_TARGET_AVX2
#else
#define ASHLAR_TARGET_AVX512 [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]]
#endif
#else
#define ASHLAR_TARGET_AVX2
#define ASHLAR_TARGET_AVX512
#endif

/// The one of three that is for an instruction set, among those that a unit compiles: what its flags say that every
/// processor has (-march=native) leaves lesser ones out, ASHLAR_AT_MOST_AVX2 the greatest, and other processors than
/// x86 have one.
#if !defined(__x86_64__) || defined(ASHLAR_BASELINE_ONLY)
#define ASHLAR_BY_SET(set, on_baseline, on_avx2, on_avx512) on_baseline
#elif defined(__AVX2__) && defined(__FMA__) && defined(ASHLAR_AT_MOST_AVX2)
#define ASHLAR_BY_SET(set, on_baseline, on_avx2, on_avx512) on_avx2
#elif defined(ASHLAR_AT_MOST_AVX2)
#define ASHLAR_BY_SET(set, on_baseline, on_avx2, on_avx512) ((set) == instruction_set::baseline ? on_baseline : on_avx2)
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define ASHLAR_BY_SET(set, on_baseline, on_avx2, on_avx512) on_avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define ASHLAR_BY_SET(set, on_baseline, on_avx2, on_avx512) ((set) == instruction_set::avx512 ? on_avx512 : on_avx2)
#else
#define ASHLAR_BY_SET(set, on_baseline, on_avx2, on_avx512) \
  ((set) == instruction_set::avx512 ? on_avx512 : (set) == instruction_set::avx2 ? on_avx2 : on_baseline)
#endif

#if defined(__x86_64__) && !defined(ASHLAR_BASELINE_ONLY) && !defined(__CUDA_ARCH__) && !defined(__HIP_DEVICE_COMPILE__)
/// What a processor says of itself, and which registers its system saves (by AMD's and Intel's manuals: cpuid's leaves
/// 1 and 7, and register XCR0). __builtin_cpu_supports, which knows every processor by name, takes 4 KB of a program.
ASHLAR_COLD inline instruction_set asked_instruction_set() {
  struct answer {
    std::uint32_t a, b, c, d;
  };
  auto const ask = [](std::uint32_t leaf) {
    answer r;
    asm volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
    return r;
  };
  auto const has = [](std::uint32_t bits, std::uint32_t wanted) { return (bits & wanted) == wanted; };
  constexpr std::uint32_t fma = 1u << 12, saves_registers = 1u << 27, avx = 1u << 28;                 // leaf 1, c
  constexpr std::uint32_t avx2 = 1u << 5, f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31;  // leaf 7, b
  constexpr std::uint32_t in_32_bytes = 0x6, in_64_bytes = 0xe6;                                      // XCR0
  if (ask(0).a < 7 || !has(ask(1).c, fma | saves_registers | avx)) return instruction_set::baseline;
  std::uint32_t saved, upper;
  asm volatile("xgetbv" : "=a"(saved), "=d"(upper) : "c"(0));
  std::uint32_t const known = ask(7).b;
  if (!has(known, avx2) || !has(saved, in_32_bytes)) return instruction_set::baseline;
  if (!may_use_avx512) return instruction_set::avx2;
  if (avx512_is_emulated || (has(known, f | dq | bw | vl) && has(saved, in_64_bytes))) return instruction_set::avx512;
  return instruction_set::avx2;
}
#endif

/// The best instruction set of this machine.
inline instruction_set machine_instruction_set() {
#if defined(__x86_64__) && !defined(ASHLAR_BASELINE_ONLY) && !defined(__CUDA_ARCH__) && !defined(__HIP_DEVICE_COMPILE__)
  static instruction_set const best = asked_instruction_set();
  return best;
#else
  return instruction_set::baseline;
#endif
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
