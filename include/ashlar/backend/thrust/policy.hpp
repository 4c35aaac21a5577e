// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include <ashlar/backend/plan_options.hpp>
#include <ashlar/backend/policy.hpp>
#include <ashlar/backend/thrust/describe.hpp>
#include <ashlar/plan/summary.hpp>
#if ASHLAR_GPU
#include <ashlar/backend/thrust/gpu/parts.hpp>
#else
#include <ashlar/backend/thrust/host_executor.hpp>
#endif

namespace ashlar::inline ASHLAR_ABI {

/// Option of the device policy: products of matrices and convolutions by Ashlar's own kernels, whatever libraries there
/// are.
struct own_kernels_type {};
/// The option, as `device.with(own_kernels)`.
inline constexpr own_kernels_type own_kernels;
/// Options of the device policy, for products and convolutions of float. tf32: a GPU's libraries may round their
/// factors to a mantissa of 10 bits; nothing else does. bf16: their factors are rounded to bf16 (a mantissa of 7 bits),
/// by the libraries, by Ashlar's own kernels and by those of a CPU, where that only serves to try what a GPU will do:
/// it is slow, and debug leaves it out. Sums are of float, and so are parameters, their updates and all else. cuDNN
/// alone gives the results of convolutions back in bf16, gradients among them, as PyTorch's autocast does.
struct tf32_type {};
struct bf16_type {};
/// The option, as `device.with(tf32)`.
inline constexpr tf32_type tf32;
/// The option, as `device.with(bf16)`.
inline constexpr bf16_type bf16;

namespace detail {

template <>
inline constexpr bool is_type_option<own_kernels_type> = true;
template <>
inline constexpr bool is_type_option<tf32_type> = true;
template <>
inline constexpr bool is_type_option<bf16_type> = true;
template <class Option>
inline constexpr bool is_device_option =
    is_plan_option<Option> || is_option<Option, own_kernels_type, tf32_type, bf16_type>;

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// What a policy with these options runs programs with.
template <class... Options>
using parts_with = system_parts<is_option<debug_type, Options...>, is_option<own_kernels_type, Options...>,
                                is_option<tf32_type, Options...>, is_option<bf16_type, Options...>>;

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI

namespace ashlar::inline ASHLAR_ABI::inline ASHLAR_DEVICE_ABI {

/// Runs by Thrust: on a GPU where nvcc compiles, else on the CPU by OpenMP, TBB or plain C++. Results are the cpu
/// policy's within rounding, and bit for bit the same in every run, whatever the number of threads.
template <class... Options>
struct device_policy : detail::policy_base {
  /// The policy with more options: debug, no_fusion, no_reuse, own_kernels, tf32, bf16.
  /// example: auto net = model(digits, input<1, 8, 8>, device.with(debug), seed{7});
  template <class... More>
  constexpr auto with(More const&...) const {
    static_assert((detail::is_device_option<More> && ...),
                  "ashlar: device.with takes debug, no_fusion, no_reuse, own_kernels, tf32 and bf16; how many threads "
                  "OpenMP has is said by OMP_NUM_THREADS");
    return typename detail::with_options<device_policy, More...>::type{};
  }
  /// Whether an option that shapes plans is among the policy's.
  template <class Option>
  static constexpr bool has = detail::is_option<Option, Options...>;
  /// What is compiled of a recorder.
  template <class Recorder>
  using program = detail::program_for<Recorder, false, false, Options...>;
  /// What runs a program on memory of the host, wherever that is copied to: for looking at its numbers.
  template <class Program>
  using executor = typename detail::parts_with<Options...>::template executor<Program>;
  /// A program with its memory.
  template <class Program>
  using runner = typename detail::parts_with<Options...>::template runner<Program>;
  /// A program of training steps with its memory.
  template <class Program, int Slots, int Scalars>
  using stepper = typename detail::parts_with<Options...>::template stepper<Program, Slots, Scalars>;
  /// What a model's parameters and states lie in.
  using memory = typename detail::parts_with<>::memory;
  /// What a model or compiled function holds to run with.
  using resources = typename detail::parts_with<>::resources;

  /// What runs here, in words: Thrust's version, its system and what that runs on; or why nothing does, where there is
  /// no driver, no GPU, or one that the program was not built for.
  std::string describe() const { return "device" + detail::system_in_words(); }
  /// The same, and what a plan asks of it: memory, with how much is free, and how many kernels a step launches at the
  /// full batch: those of divided reductions too, and before a GPU's libraries do several in one.
  /// example: std::cout << device.describe(t.summary());
  template <class Program, class Policy>
  std::string describe(program_summary<Program, Policy> const& plan) const {
    std::int64_t const needed = plan.memory_bytes() + detail::parts_with<Options...>::template memory_beside<Program>();
    return describe() + "; the plan needs " + detail::in_mebibytes(needed) + detail::free_memory_in_words() + ", and " +
           std::to_string(detail::parts_with<Options...>::template launches<Program>()) + " launches per step";
  }
};

/// The device policy.
inline constexpr device_policy<> device;

}  // namespace ashlar::inline ASHLAR_ABI::inline ASHLAR_DEVICE_ABI
