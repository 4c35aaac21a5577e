// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/cpu/executor.hpp>
#include <ashlar/backend/policy.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Options of a policy: plans without fusion, or without reuse of memory (for debugging and tests).
struct no_fusion_type {};
struct no_reuse_type {};
inline constexpr no_fusion_type no_fusion;
inline constexpr no_reuse_type no_reuse;

/// Runs on the CPU by our own loops, with the best instruction set the machine has.
template <class... Options>
struct cpu_policy : detail::policy_base {
  template <class... More>
  constexpr cpu_policy<Options..., More...> with(More...) const {
    return {};
  }
  template <class Recorder>
  using program = detail::program<Recorder, !(std::is_same_v<Options, no_fusion_type> || ...),
                                  !(std::is_same_v<Options, no_reuse_type> || ...)>;
  template <class Program>
  using executor = detail::cpu_executor<Program>;

  /// What runs here, in words.
  static char const* describe() {
    switch (detail::machine_instruction_set()) {
      case detail::instruction_set::avx512: return "cpu, AVX-512, 1 thread";
      case detail::instruction_set::avx2: return "cpu, AVX2, 1 thread";
      default: return "cpu, baseline instructions, 1 thread";
    }
  }
};

/// The CPU policy.
inline constexpr cpu_policy<> cpu;

}  // namespace ashlar::inline ASHLAR_ABI
