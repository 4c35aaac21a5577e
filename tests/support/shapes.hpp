// SPDX-License-Identifier: MIT
#pragma once
#include <initializer_list>

#include <ashlar/core/list.hpp>
#include <ashlar/core/shape.hpp>

namespace proof {

/// The shape of these extents.
inline ashlar::shape of(std::initializer_list<int> extents) {
  ashlar::shape s;
  for (int x : extents) s.extent[s.rank++] = x;
  return s;
}
/// A list of these nodes.
inline ashlar::detail::list<int> nodes(std::initializer_list<int> ids) {
  ashlar::detail::list<int> l;
  for (int i : ids) l.push(i);
  return l;
}

}  // namespace proof
