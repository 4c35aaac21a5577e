// SPDX-License-Identifier: MIT
#pragma once
#include <type_traits>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What says where programs run: a type with `program<Recorder>` (the plan) and `executor<Program>` (what runs it).
struct policy_base {};
template <class P>
concept any_policy = std::is_base_of_v<policy_base, std::remove_cvref_t<P>>;

}  // namespace ashlar::inline ASHLAR_ABI::detail
