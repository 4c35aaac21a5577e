// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/misfit.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <int... Extents>
struct operand {};

template <std::int64_t Elements, std::int64_t Wanted, class Operand>
struct reshape_to_another_size {
  template <class Path>
  struct report {
    static_assert(Elements == Wanted,
                  "ashlar: reshape must keep the number of elements (this message states how many there are and how "
                  "many its extents want, the operand, and the path of the layer)");
  };
};
template <class V, int... Order>
struct permuted {
  static constexpr shape value = [] {
    shape s;
    ((s.extent[s.rank++] = V::shape()[Order]), ...);
    return s;
  }();
};
constexpr bool is_permutation(shape const& order) {
  int seen = 0;
  for (int i = 0; i < order.rank; ++i) seen |= 1 << order[i];
  return seen == (1 << order.rank) - 1;
}

}  // namespace detail

/// The same elements in row-major order under other extents.
/// errors: does not compile where the numbers of elements differ
template <int... To, class T, int... D>
constexpr auto reshape(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  constexpr std::int64_t elements = (std::int64_t{1} * ... * D), wanted = (std::int64_t{1} * ... * To);
  if constexpr (elements != wanted)
    return detail::misfit<layer_path<>, detail::reshape_to_another_size<elements, wanted, detail::operand<D...>>>{};
  else
    return basic_value<T, To...>{x.g, detail::reshape(*x.g, x.id, make_shape<To...>())};
}

/// Axis i of the result is axis Order_i of x.
template <int... Order, class T, int... D>
constexpr auto permute(basic_value<T, D...> x) {
  static_assert(sizeof...(Order) == sizeof...(D) && detail::is_permutation(make_shape<Order...>()),
                "ashlar: permute<...> needs each axis of the value exactly once");
  detail::located const here(*x.g, x.at);
  constexpr int order[sizeof...(Order) + 1] = {Order...};
  return detail::value_of<T, detail::permuted<basic_value<T, D...>, Order...>>{x.g, detail::permute(*x.g, x.id, order)};
}

/// A matrix with rows and columns exchanged.
template <class T, int M, int N>
constexpr basic_value<T, N, M> transpose(basic_value<T, M, N> x) {
  detail::located const here(*x.g, x.at);
  return permute<1, 0>(x);
}

/// Stretches extents of 1 to To... (NumPy's rule).  gradient: summed back
template <int... To, class T, int... D>
constexpr basic_value<T, To...> broadcast_to(basic_value<T, D...> x) {
  constexpr shape fitted = detail::broadcast_shape(make_shape<D...>(), make_shape<To...>());
  static_assert(fitted == make_shape<To...>(),
                "ashlar: broadcast_to: each extent must be 1 or equal to the wanted one");
  detail::located const here(*x.g, x.at);
  return {x.g, detail::broadcast(*x.g, x.id, make_shape<To...>(), 0)};
}

/// Zeros of x's dtype and shape.
template <class T, int... D>
constexpr basic_value<T, D...> zeros_like(basic_value<T, D...> x) {
  return {x.g, detail::add_constant(*x.g, 0, dtype_of<T>, make_shape<D...>())};
}

}  // namespace ashlar::inline ASHLAR_ABI
