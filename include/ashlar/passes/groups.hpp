// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/graph/build.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Which passes run; a debug plan turns the first two off. Winograd's algorithm and products of matrices that lie in
/// parts of others, or in panels, are for policies that have their kernels.
struct pass_options {
  bool fuse = true;
  bool reuse = true;
  bool winograd = false;
  bool strided = false;
  bool states_apart = false;  // what a state becomes is in memory before it is overwritten
};

/// Limits of one fused kernel; the fusion pass stays inside them.
inline constexpr int max_group_nodes = 48;
inline constexpr int max_group_operands = 48;

/// Nodes that one kernel computes together.
struct group {
  enum kind_type : unsigned char {
    row,     // pointwise work over a space, with reductions over its trailing axes between (axes 0: none)
    column,  // pointwise work over a space, reduced at the end over any axes
    single,  // one node with a kernel of its own
    looped,  // a loop
    nothing  // the exchange: its operands are placed where it wants them
  };
  kind_type kind = single;
  shape space{};
  int axes = 0;
  int rows = 0;       // rows of axis 0 that belong to one sample; 0: the whole space is valid
  int variant = 0;    // of the update it belongs to alone; 0: runs always
  bool wide = false;  // computes in double
  int operands = 0;   // upper bound
  list<int> members;
  list<int> after;  // groups that must run before, beyond those of the operands
};

/// The groups of a graph, in the order of execution, and which one computes each node (-1: none; a leaf, a view, a
/// free node that every user makes again, a cheap one that is a member of every group that reads it, or a slice or
/// permutation that every user reads where its operand lies).
struct grouping {
  list<group> groups;
  list<int> of;
  list<char> live;
  list<char> materialised;  // free nodes that somebody needs in memory
  list<int> order;

  /// Of a slice or permutation that is live: whether it has no memory of its own.
  constexpr bool is_read_through(graph const& g, int id) const { return is_move(g[id].code) && of[id] < 0; }
};

/// Whether a pointwise node computes in double: where it or, for comparisons and conversions, what it reads is wide.
constexpr bool is_wide(graph const& g, int id) {
  node const& n = g[id];
  auto wide = [](dtype t) { return t == dtype::float64 || t == dtype::int64; };
  if (n.code == op::greater || n.code == op::equal) return wide(g[n.in[0]].type);
  return wide(n.type) || (n.code == op::convert && wide(g[n.in[0]].type));
}

/// The shape with the extents of `axes` set to 1.
constexpr shape without(shape s, int axes) {
  for (int i = 0; i < s.rank; ++i)
    if (axes >> i & 1) s.extent[i] = 1;
  return s;
}

/// Whether the axes are the last ones, apart from extents of 1.
constexpr bool are_trailing(shape const& s, int axes) {
  bool inside = false;
  for (int i = 0; i < s.rank; ++i) {
    if (s[i] == 1) continue;
    if (axes >> i & 1)
      inside = true;
    else if (inside)
      return false;
  }
  return true;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
