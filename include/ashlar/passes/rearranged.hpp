// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/passes/groups.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// Row-major distances, in elements.
constexpr void dense_strides(shape const& s, std::int64_t (&stride)[max_rank]) {
  std::int64_t step = 1;
  for (int i = s.rank - 1; i >= 0; --i) {
    stride[i] = step;
    step *= s[i];
  }
}

/// How the elements of a value lie in the memory of another one, of which it is some part in some order.
struct rearranged {
  int base = -1;           // whose memory it is; -1: elements are no regular distances apart
  std::int64_t begin = 0;  // the place of the first element
  shape extents{};
  std::int64_t distance[max_rank]{};  // along each axis

  constexpr bool is_possible() const { return base >= 0; }

  /// The elements of a slice or permutation of it.
  constexpr void move(node const& n) {
    if (n.code == op::slice) {
      begin += n.a[1] * distance[n.a[0]];
      distance[n.a[0]] *= n.a[2];
    } else {
      std::int64_t before[max_rank]{};
      for (int i = 0; i < extents.rank; ++i) before[i] = distance[i];
      for (int i = 0; i < extents.rank; ++i) distance[i] = before[n.a[0] >> (3 * i) & 7];
    }
    extents = n.extents;
  }
  /// The same elements with other extents: each of some axes is made of neighbours, or parts, of those before.
  constexpr void reshape(shape const& to) {
    std::int64_t made[max_rank]{};
    int i = 0, k = 0;
    while (k < to.rank) {
      if (to[k] == 1) {
        ++k;
        continue;
      }
      while (extents[i] == 1) ++i;
      int const first = i, made_first = k;
      std::int64_t elements = extents[i], wanted = to[k];
      while (elements != wanted) elements < wanted ? elements *= extents[++i] : wanted *= to[++k];
      std::int64_t step = distance[i], span = step * extents[i];
      for (int j = i - 1; j >= first; --j) {
        if (extents[j] == 1) continue;
        if (distance[j] != span) {
          base = -1;
          return;
        }
        span *= extents[j];
      }
      for (int j = k; j >= made_first; --j) {
        made[j] = step;
        step *= to[j];
      }
      ++i;
      ++k;
    }
    for (int j = 0; j < to.rank; ++j) distance[j] = made[j];
    extents = to;
  }
};

/// The node in its own memory.
constexpr rearranged as_stored(graph const& g, int id) {
  rearranged r;
  r.base = id;
  r.extents = g.extents(id);
  dense_strides(r.extents, r.distance);
  return r;
}
/// How node `id` lies in what it is a slice, permutation or reshape of. `is_read_through(node)` tells of slices and
/// permutations whether they have no memory of their own.
template <class IsReadThrough>
constexpr rearranged rearranged_from(graph const& g, int id, IsReadThrough is_read_through) {
  node const& n = g[id];
  bool const moves = is_move(n.code) && is_read_through(id);
  if (!moves && !is_view(n.code)) return as_stored(g, id);
  rearranged r = rearranged_from(g, n.in[0], is_read_through);
  if (r.is_possible()) moves ? r.move(n) : r.reshape(n.extents);
  return r;
}

/// How the elements of a product lie in the memory of a permutation of it, or of a reshape of it.
constexpr rearranged result_in(graph const& g, int product, int permutation) {
  node const& p = g[permutation];
  rearranged r = as_stored(g, permutation);
  if (p.code != op::permute) {
    r.base = -1;
    return r;
  }
  std::int64_t const* const dense = r.distance;
  rearranged before = r;
  before.extents = g.extents(p.in[0]);
  for (int i = 0; i < r.extents.rank; ++i) before.distance[p.a[0] >> (3 * i) & 7] = dense[i];
  before.reshape(g.extents(product));
  return before;
}

/// A batch of matrices as products read and write it: matrices along the last axis before them, and along those before,
/// are equal distances apart.
struct strided_matrices {
  std::int64_t begin = 0, outer = 0, inner = 0, row = 0;
  bool transposed = false, is_possible = false;

  constexpr strided_matrices() = default;
  constexpr explicit strided_matrices(rearranged const& r) : begin(r.begin) {
    int const axes = r.extents.rank;
    if (!r.is_possible() || axes < 2) return;
    auto dense = [&](int axis) { return r.distance[axis] == 1 || r.extents[axis] == 1; };
    if (!dense(axes - 1) && !dense(axes - 2)) return;
    transposed = !dense(axes - 1);
    row = r.distance[transposed ? axes - 1 : axes - 2];
    if (axes > 2) inner = r.distance[axes - 3];
    std::int64_t span = 0;
    for (int i = axes - 4; i >= 0; --i) {
      if (r.extents[i] == 1) continue;
      if (span && r.distance[i] != span) return;
      if (!span) outer = r.distance[i];
      span = r.distance[i] * r.extents[i];
    }
    is_possible = true;
  }
  /// Whether a product may be written so: row by row.
  constexpr bool is_written() const { return is_possible && !transposed; }
};

}  // namespace ashlar::inline ASHLAR_ABI::detail
