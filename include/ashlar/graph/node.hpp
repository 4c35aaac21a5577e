// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

#include <ashlar/core/dtype.hpp>
#include <ashlar/core/shape.hpp>
#include <ashlar/graph/op.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A place in the user's source. Line 0: not known yet; -1: not known, and what the library does inside tells nothing.
struct place {
  char const* file = nullptr;
  int line = 0;
};

/// The geometry of a window sliding over two axes: a convolution's or a pooling's. A kernel of 0: windows that divide
/// the axis into as many parts as the result has, as evenly as can be.
struct window {
  int kernel[2]{1, 1};
  int stride[2]{1, 1};
  int padding[2]{0, 0};
  int dilation[2]{1, 1};
  int groups = 1;

  /// From the window's first element to its last.
  constexpr int span(int axis) const { return dilation[axis] * (kernel[axis] - 1) + 1; }
  constexpr int output(int axis, int extent) const {
    return (extent + 2 * padding[axis] - span(axis)) / stride[axis] + 1;
  }
};

/// A primitive of the user's: see expr/custom.hpp.
struct custom_primitive;

/// One operation of a graph. What the attributes mean depends on the operation; `graph` has a function for each.
struct node {
  op code = op::constant;
  dtype type = dtype::float32;
  int in[3]{-1, -1, -1};
  ashlar::shape extents{};
  int rows = 0;  // rows of axis 0 that belong to one sample of the batch; 0: axis 0 is not the batch
  int a[9]{};
  double number = 0;
  custom_primitive const* custom = nullptr;
  // provenance, not part of the identity
  int path = 0;
  place at{};

  constexpr bool same_as(node const& o) const {
    if (code != o.code || in[0] != o.in[0] || in[1] != o.in[1] || in[2] != o.in[2] || type != o.type) return false;
    if (__builtin_bit_cast(std::uint64_t, number) != __builtin_bit_cast(std::uint64_t, o.number))
      return false;  // 0, -0
    if (rows != o.rows) return false;
    for (int i = 0; i < 9; ++i)
      if (a[i] != o.a[i]) return false;
    return custom == o.custom && extents == o.extents;
  }
  constexpr ashlar::detail::window window() const {
    return {{a[0], a[1]}, {a[2], a[3]}, {a[4], a[5]}, {a[6], a[7]}, a[8]};
  }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
