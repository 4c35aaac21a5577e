// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <vector>

#include <ashlar/train/parameter.hpp>

namespace proof {

/// A copy of what a parameter or state holds, in row-major order.
template <class T>
std::vector<T> elements_of(ashlar::parameter_reference const& p) {
  std::vector<T> all(static_cast<std::size_t>(p.byte_count()) / sizeof(T));
  p.read(all.data());
  return all;
}

}  // namespace proof
