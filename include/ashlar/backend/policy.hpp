// SPDX-License-Identifier: MIT
#pragma once
#include <type_traits>

#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What says where programs run: a type with `program<Recorder>` (the plan), `executor<Program>` (what runs it) and
/// `resources` (what it runs with, made of a policy).
struct policy_base {};
template <class P>
concept any_policy = std::is_base_of_v<policy_base, std::remove_cvref_t<P>>;

/// What runs with nothing: the stand-in of a policy that is none.
template <class P>
struct resources_of {
  struct type {};
};
template <any_policy P>
struct resources_of<P> {
  using type = typename P::resources;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
