// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/backend/checked_executor.hpp>
#include <ashlar/backend/cpu/executor.hpp>
#include <ashlar/backend/cpu/joined_in_words.hpp>
#include <ashlar/backend/host_runner.hpp>
#include <ashlar/backend/plan_options.hpp>
#include <ashlar/backend/policy.hpp>

namespace ashlar::inline ASHLAR_ABI {

template <class... Options>
struct cpu_policy;

/// Option of the cpu policy: 3 x 3 convolutions of float without Winograd's F(4x4, 3x3), which saves three quarters of
/// their multiplications and rounds about ten times as much.
struct no_winograd_type {};
/// The option, as `cpu.with(no_winograd)`.
inline constexpr no_winograd_type no_winograd;

namespace detail {

template <>
inline constexpr bool is_type_option<no_winograd_type> = true;
template <class Option>
inline constexpr bool is_cpu_option = is_plan_option<Option> || std::is_same_v<Option, no_winograd_type> ||
                                      std::is_same_v<Option, threads> || std::is_same_v<Option, thread_pool>;

}  // namespace detail

/// Runs on the CPU by our own loops, with the best instruction set the machine has. Results are bit for bit the same
/// for any number of threads.
template <class... Options>
struct cpu_policy : detail::policy_base {
  /// How many threads a model or compiled function makes.
  threads count{1};
  /// The pool to run on instead, if one is given.
  thread_pool* pool = nullptr;

  /// The policy with more options: threads{N} (of a pool that each model and each compiled function makes for itself;
  /// 0: all of the machine), a thread_pool (which must outlive what runs on it), debug, no_fusion, no_reuse,
  /// no_winograd.
  /// example: auto net = model(digits, input<1, 8, 8>, cpu.with(threads{4}), seed{7});
  template <class... More>
  constexpr auto with(More&&... more) const {
    static_assert((detail::is_cpu_option<std::remove_cvref_t<More>> && ...),
                  "ashlar: cpu.with takes threads{N}, a thread_pool, debug, no_fusion, no_reuse and no_winograd");
    static_assert(((std::is_lvalue_reference_v<More> || !std::is_same_v<std::remove_cvref_t<More>, thread_pool>)&&...),
                  "ashlar: cpu.with refers to its thread_pool: give the pool a name");
    typename detail::with_options<cpu_policy, std::remove_cvref_t<More>...>::type policy;
    policy.count = count;
    policy.pool = pool;
    (take(policy, more), ...);
    return policy;
  }
  /// Whether an option that shapes plans is among the policy's.
  template <class Option>
  static constexpr bool has = detail::is_option<Option, Options...>;
  /// What is compiled of a recorder.
  template <class Recorder>
  using program = detail::program_for<Recorder, !detail::is_option<no_winograd_type, Options...>, true, Options...>;
  /// What runs a program.
  template <class Program>
  using executor =
      detail::executor_for<detail::is_option<debug_type, Options...>, Program, detail::cpu_executor<Program>>;
  /// A program with its memory.
  template <class Program>
  using runner = detail::host_runner<Program, executor<Program>>;
  /// A program of training steps with its memory.
  template <class Program, int Slots, int Scalars>
  using stepper = detail::host_stepper<Program, executor<Program>, Slots, Scalars>;
  /// What a model's parameters and states lie in.
  using memory = detail::buffer;
  /// What a model or compiled function holds to run with.
  using resources = detail::cpu_threads;

  /// What is done of a program's step together with another one, in words; empty: it stands alone, as with debug all
  /// do.
  template <class Program>
  static std::string joined(int step) {
    if constexpr (has<debug_type>)
      return "";
    else
      return detail::joined_in_words<Program>(step);
  }
  /// What runs here, in words.
  std::string describe() const {
    std::string words = "cpu, ";
    switch (detail::machine_instruction_set()) {
      case detail::instruction_set::avx512: words += "AVX-512, "; break;
      case detail::instruction_set::avx2: words += "AVX2, "; break;
      default: words += "baseline instructions, ";
    }
    int const n = pool ? pool->size() : detail::thread_count(count);
    return words + std::to_string(n) + (n == 1 ? " thread" : " threads");
  }

 private:
  template <class Policy, class Option>
  static constexpr void take(Policy&, Option const&) {}
  template <class Policy>
  static constexpr void take(Policy& policy, threads t) {
    policy.count = t;
    policy.pool = nullptr;
  }
  template <class Policy>
  static constexpr void take(Policy& policy, thread_pool& p) {
    policy.pool = &p;
  }
};

/// The CPU policy.
inline constexpr cpu_policy<> cpu;

}  // namespace ashlar::inline ASHLAR_ABI
