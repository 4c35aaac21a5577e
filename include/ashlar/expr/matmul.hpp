// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/pointwise.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <int LeftColumns, int RightRows, class Left, class Right>
struct matmul_inner_extents_differ {
  template <class Path>
  struct report {
    static_assert(LeftColumns == RightRows,
                  "ashlar: matmul(a, b): the columns of a must equal the rows of b (this message states both numbers, "
                  "both operands, and the path of the layer)");
  };
};

template <bool Fits, class Left, class Right>
struct matmul_operands_do_not_fit {
  template <class Path>
  struct report {
    static_assert(
        Fits,
        "ashlar: matmul(a, b) takes two matrices, or two equal batches of matrices ([p, m, k] x [p, k, n]), of "
        "one dtype (this message states both operands, and the path of the layer)");
  };
};

template <class R, class A, class B>
constexpr R product(A const& a, B const& b) {
  graph& g = graph_of(a, b);
  located const here(g, place_of(a, b));
  return {&g, matmul(g, node_in(g, a), node_in(g, b))};
}

}  // namespace detail

/// Product of two matrices.  shape: [m, k] x [k, n] -> [m, n]
/// gradient: d b^T and a^T d
template <class T, int M, int K, int K2, int N>
constexpr auto matmul(basic_value<T, M, K> a, basic_value<T, K2, N> b) {
  if constexpr (K != K2)
    return detail::misfit<layer_path<>, detail::matmul_inner_extents_differ<K, K2, detail::left_operand<M, K>,
                                                                            detail::right_operand<K2, N>>>{};
  else
    return detail::product<basic_value<T, M, N>>(a, b);
}
/// Products of two batches of matrices.  shape: [p, m, k] x [p, k, n] -> [p, m, n]
template <class T, int P, int M, int K, int K2, int N>
constexpr auto matmul(basic_value<T, P, M, K> a, basic_value<T, P, K2, N> b) {
  if constexpr (K != K2)
    return detail::misfit<layer_path<>, detail::matmul_inner_extents_differ<K, K2, detail::left_operand<P, M, K>,
                                                                            detail::right_operand<P, K2, N>>>{};
  else
    return detail::product<basic_value<T, P, M, N>>(a, b);
}
template <detail::any_value A, detail::any_value B>
constexpr auto matmul(A, B) {
  return detail::misfit<layer_path<>, detail::matmul_operands_do_not_fit<false, A, B>>{};
}

}  // namespace ashlar::inline ASHLAR_ABI
