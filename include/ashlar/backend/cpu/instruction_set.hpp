// SPDX-License-Identifier: MIT
#pragma once
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
/// processor has (-march=native) leaves lesser ones out, and other processors than x86 have one.
#if !defined(__x86_64__) || defined(ASHLAR_BASELINE_ONLY)
#define ASHLAR_BY_SET(set, on_baseline, on_avx2, on_avx512) on_baseline
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define ASHLAR_BY_SET(set, on_baseline, on_avx2, on_avx512) on_avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define ASHLAR_BY_SET(set, on_baseline, on_avx2, on_avx512) ((set) == instruction_set::avx512 ? on_avx512 : on_avx2)
#else
#define ASHLAR_BY_SET(set, on_baseline, on_avx2, on_avx512) \
  ((set) == instruction_set::avx512 ? on_avx512 : (set) == instruction_set::avx2 ? on_avx2 : on_baseline)
#endif

/// The best instruction set of this machine.
inline instruction_set machine_instruction_set() {
#if defined(__x86_64__) && !defined(ASHLAR_BASELINE_ONLY) && !defined(__CUDA_ARCH__) && !defined(__HIP_DEVICE_COMPILE__)
  static instruction_set const best = [] {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
      return instruction_set::avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
      return avx512_is_emulated ? instruction_set::avx512 : instruction_set::avx2;
    return instruction_set::baseline;
  }();
  return best;
#else
  return instruction_set::baseline;
#endif
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
