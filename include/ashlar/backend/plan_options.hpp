// SPDX-License-Identifier: MIT
#pragma once
#include <type_traits>

#include <ashlar/plan/program.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Options of a policy: plans without fusion, or without reuse of memory (for debugging and tests).
struct no_fusion_type {};
struct no_reuse_type {};
/// Each operation is a kernel of its own. Numbers may differ from a fused plan's in the last places, and with them by
/// more where differences are small: in one kernel compilers may round a product and what is added to it at once.
inline constexpr no_fusion_type no_fusion;
/// Each result has memory of its own.
inline constexpr no_reuse_type no_reuse;
/// Option of a policy: programs without fusion and reuse that look at the numbers of every step, and fail at the first
/// that is not finite and spoils a result, naming operation, layer and line. Slow; for looking for a mistake.
/// example: auto net = model(digits, input<1, 8, 8>, cpu.with(debug), seed{7});
struct debug_type {};
/// The option, as `cpu.with(debug)`.
inline constexpr debug_type debug;

namespace detail {

template <class Option>
inline constexpr bool is_plan_option = false;
template <>
inline constexpr bool is_plan_option<no_fusion_type> = true;
template <>
inline constexpr bool is_plan_option<no_reuse_type> = true;
template <>
inline constexpr bool is_plan_option<debug_type> = true;

/// Whether an option stands in the type of a policy: those that shape plans, and more of each policy's own.
template <class Option>
inline constexpr bool is_type_option = is_plan_option<Option>;

/// Whether an option is among others. A member of a policy would be wrong inside of its aliases: g++ 12 takes it for
/// true where an alias names another one.
template <class Option, class... Options>
inline constexpr bool is_option = (std::is_same_v<Options, Option> || ...);

/// The policy with those of the further options that shape plans in its type.
template <class Policy, class... More>
struct with_options {
  using type = Policy;
};
template <template <class...> class Policy, class... Options, class First, class... More>
struct with_options<Policy<Options...>, First, More...>
    : with_options<std::conditional_t<is_type_option<First>, Policy<Options..., First>, Policy<Options...>>, More...> {
};

/// What a policy with these options compiles of a recorder; whether by Winograd's algorithm where that pays, and with
/// products of matrices that lie in parts of others or in panels.
template <class Recorder, bool Winograd, bool Strided, class... Options>
using program_for =
    program<Recorder, !is_option<no_fusion_type, Options...> && !is_option<debug_type, Options...>,
            !is_option<no_reuse_type, Options...> && !is_option<debug_type, Options...>, Winograd, Strided>;

}  // namespace detail
}  // namespace ashlar::inline ASHLAR_ABI
