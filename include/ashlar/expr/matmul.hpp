// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/shaping.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <int LeftColumns, int RightRows>
consteval void matmul_inner_extents() {
  static_assert(LeftColumns == RightRows,
                "ashlar: matmul(a, b): the columns of a must equal the rows of b (both numbers stand here)");
}

}  // namespace detail

/// Product of two matrices.  shape: [m, k] x [k, n] -> [m, n]
/// gradient: d b^T and a^T d
template <class T, int M, int K, int K2, int N>
constexpr basic_value<T, M, N> matmul(basic_value<T, M, K> a, basic_value<T, K2, N> b,
                                      detail::place at = detail::place::here()) {
  detail::matmul_inner_extents<K, K2>();
  detail::graph& g = detail::graph_of(a, b);
  g.at = at;
  return {&g, detail::matmul(g, detail::node_in(g, a), detail::node_in(g, b))};
}
/// Products of two batches of matrices.  shape: [p, m, k] x [p, k, n] -> [p, m, n]
template <class T, int P, int M, int K, int K2, int N>
constexpr basic_value<T, P, M, N> matmul(basic_value<T, P, M, K> a, basic_value<T, P, K2, N> b,
                                         detail::place at = detail::place::here()) {
  detail::matmul_inner_extents<K, K2>();
  detail::graph& g = detail::graph_of(a, b);
  g.at = at;
  return {&g, detail::matmul(g, detail::node_in(g, a), detail::node_in(g, b))};
}

}  // namespace ashlar::inline ASHLAR_ABI
