// SPDX-License-Identifier: MIT
#pragma once
#include <type_traits>

#include <ashlar/backend/buffer.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// What says where programs run: a type with `program<Recorder>` (the plan), `runner<Program>` and `stepper<Program,
/// Slots, Scalars>` (a program with its memory, which run it), `memory` (what parameters and states lie in)
/// and `resources` (what programs run with, made of a policy).
struct policy_base {};
template <class P>
concept any_policy = std::is_base_of_v<policy_base, std::remove_cvref_t<P>>;

/// What a model holds on a policy; of what is no policy, stand-ins.
template <class P>
struct parts_of {
  struct resources {
    resources(P const&) {}
  };
  using memory = buffer;
};
template <any_policy P>
struct parts_of<P> {
  using resources = typename P::resources;
  using memory = typename P::memory;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
