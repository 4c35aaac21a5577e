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
        "ashlar: matmul(a, b) takes matrices, or batches of matrices whose leading axes broadcast ([p, m, k] x [p, k, "
        "n]), of one dtype (this message states both operands, and the path of the layer)");
  };
};

/// Leading axes broadcast by NumPy's rule, then a matrix of these extents; rank -1 where they do not fit.
constexpr shape matrices(shape a, shape b, int rows, int columns) {
  a.rank -= 2;
  b.rank -= 2;
  shape s = broadcast_shape(a, b);
  if (s.rank < 0) return s;
  s.extent[s.rank++] = rows;
  s.extent[s.rank++] = columns;
  return s;
}
template <class A, class B>
struct product_of {
  static constexpr shape a = A::shape(), b = B::shape();
  static constexpr int m = a[A::rank - 2], k = a[A::rank - 1], n = b[B::rank - 1];
  static constexpr shape value = matrices(a, b, m, n);
};

/// The batches of one operand stretched to those of the product.
constexpr int with_batches_of(graph& g, int x, shape product) {
  shape const s = g.extents(x);
  product.extent[product.rank - 2] = s[s.rank - 2];
  product.extent[product.rank - 1] = s[s.rank - 1];
  return broadcast(g, x, product, 0);
}
template <class A, class B>
constexpr auto product(A const& a, B const& b) {
  using made = product_of<A, B>;
  using result = value_of<typename A::element_type, made>;
  graph& g = graph_of(a, b);
  located const here(g, place_of(a, b));
  int x = node_in(g, a), y = node_in(g, b);
  if constexpr (B::rank == 2 && A::rank > 2) {  // one product of many rows
    constexpr int rows = static_cast<int>(A::size() / made::k);
    int const flat = matmul(g, reshape(g, x, make_shape<rows, made::k>()), y);
    return result{&g, reshape(g, flat, result::shape())};
  } else {
    return result{&g, matmul(g, with_batches_of(g, x, made::value), with_batches_of(g, y, made::value))};
  }
}

}  // namespace detail

/// Product of two matrices, or of batches of matrices: leading axes follow NumPy's broadcasting.
/// shape: [..., m, k] x [..., k, n] -> [..., m, n]
/// gradient: d b^T and a^T d, summed over what was stretched
template <class T, int... A, class U, int... B>
requires(sizeof...(A) >= 2 && sizeof...(B) >= 2) constexpr auto matmul(basic_value<T, A...> a, basic_value<U, B...> b) {
  using left = basic_value<T, A...>;
  using right = basic_value<U, B...>;
  constexpr int k = left::shape()[sizeof...(A) - 1], k2 = right::shape()[sizeof...(B) - 2];
  if constexpr (!std::is_same_v<T, U>)
    return detail::misfit<layer_path<>, detail::matmul_operands_do_not_fit<false, left, right>>{};
  else if constexpr (k != k2)
    return detail::misfit<layer_path<>, detail::matmul_inner_extents_differ<k, k2, detail::left_operand<A...>,
                                                                            detail::right_operand<B...>>>{};
  else if constexpr (detail::product_of<left, right>::value.rank < 0)
    return detail::misfit<layer_path<>, detail::matmul_operands_do_not_fit<false, left, right>>{};
  else
    return detail::product(a, b);
}
/// Refuses what is no pair of matrices, or of stacks of them, in a sentence.
template <detail::any_value A, detail::any_value B>
requires(A::rank < 2 || B::rank < 2) constexpr auto matmul(A, B) {
  return detail::misfit<layer_path<>, detail::matmul_operands_do_not_fit<false, A, B>>{};
}

}  // namespace ashlar::inline ASHLAR_ABI
