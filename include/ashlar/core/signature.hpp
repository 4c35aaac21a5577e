// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/core/config.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// What networks take and return, where that is more than one value: `inputs(...)`, `outputs(...)`, `targets(...)`.
/// These functions are found by their arguments, so that variables of a program may have such names.
namespace signature {

/// The base of what these functions take.
struct element {};
/// The base of those that own their numbers, and are moved.
struct owner : element {};

}  // namespace signature
}  // namespace ashlar::inline ASHLAR_ABI
