// SPDX-License-Identifier: MIT
#pragma once
#include <cstdlib>

namespace proof {

/// Whether tests that try many problems of one kind try but some of them, of every kind: $ASHLAR_FEWER_PROBLEMS, which
/// .ci/run without --full sets where a sanitizer watches kernels that are not optimised; other runs try all of them.
inline bool fewer_problems() {
  static bool const fewer = std::getenv("ASHLAR_FEWER_PROBLEMS") != nullptr;
  return fewer;
}

}  // namespace proof
