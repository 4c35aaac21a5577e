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
    static_assert(
        Elements == Wanted,
        "ashlar: reshape must keep the number of elements; one extent may be -1 (this message states how many "
        "there are and how many its extents want, the operand, and the path of the layer)");
  };
};
template <bool Fits, class Operand, class Wanted>
struct broadcast_does_not_fit {
  template <class Path>
  struct report {
    static_assert(Fits,
                  "ashlar: broadcast_to: each extent of the operand must be 1 or equal to the wanted one (this message "
                  "states the operand, what is wanted, and the path of the layer)");
  };
};
template <class Operand>
struct transpose_of_another_rank {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Operand, Path>,
                  "ashlar: transpose takes a matrix; permute<...> orders the axes of others (this message states the "
                  "operand, and the path of the layer)");
  };
};
/// The batch can be neither known nor refused by extents alone where it is 1, and nothing is stretched then.
constexpr int broadcast_to(graph& g, int x, shape const& to) {
  bool const had_axis = g.extents(x).rank == to.rank && g.extents(x)[0] == to[0];
  if (g.batch > 1 && !had_axis && to.rank > 0 && to[0] == g.batch && g[x].rows == 0)
    return add_refused(g, refusal::stretched_to_the_batch, g[x].type, to);
  return broadcast(g, x, to, 0);
}

/// The axes that an order of axes names; negative ones count from the last.
template <int... Order>
constexpr shape axis_order() {
  constexpr int rank = sizeof...(Order);
  return make_shape<(Order < 0 ? Order + rank : Order)...>();
}
template <class V, int... Order>
struct permuted {
  static constexpr shape value = [] {
    shape s = axis_order<Order...>();
    for (int i = 0; i < s.rank; ++i) s.extent[i] = V::shape()[s[i]];
    return s;
  }();
};
constexpr bool is_permutation(shape const& order) {
  int seen = 0;
  for (int i = 0; i < order.rank; ++i)
    if (order[i] >= 0 && order[i] < order.rank) seen |= 1 << order[i];
  return seen == (1 << order.rank) - 1;
}

}  // namespace detail

/// The same elements in row-major order under other extents, of which one may be -1: what the others leave.
/// errors: does not compile where the numbers of elements differ
/// example: reshape<-1, 4, 8>(x) makes [batch, 4, 8] of [batch, 32], whatever the batch
template <int... To, class T, int... D>
constexpr auto reshape(basic_value<T, D...> x) {
  detail::located const here(*x.g, x.at);
  constexpr std::int64_t elements = (std::int64_t{1} * ... * D), wanted = (std::int64_t{1} * ... * To);
  constexpr bool fits = ((To > 0) && ...), leaves_one = (0 + ... + (To == -1)) == 1 && (0 + ... + (To < 1)) == 1;
  if constexpr (leaves_one && elements % wanted == 0)
    return reshape<(To == -1 ? static_cast<int>(elements / -wanted) : To)...>(x);
  else if constexpr (!fits || elements != wanted)
    return detail::misfit<layer_path<>,
                          detail::reshape_to_another_size<elements, fits ? wanted : -1, detail::operand<D...>>>{};
  else
    return basic_value<T, To...>{x.g, detail::reshape(*x.g, x.id, make_shape<To...>())};
}

/// Axis i of the result is axis Order_i of x; negative ones count from the last.
template <int... Order, class T, int... D>
constexpr auto permute(basic_value<T, D...> x) {
  static_assert(sizeof...(Order) == sizeof...(D) && detail::is_permutation(detail::axis_order<Order...>()),
                "ashlar: permute<...> needs each axis of the value exactly once");
  detail::located const here(*x.g, x.at);
  constexpr shape order = detail::axis_order<Order...>();
  return detail::value_of<T, detail::permuted<basic_value<T, D...>, Order...>>{
      x.g, detail::permute(*x.g, x.id, order.extent)};
}

/// Refuses what is no matrix, in a sentence.
template <class T, int... D>
constexpr auto transpose(basic_value<T, D...>) {
  return detail::misfit<layer_path<>, detail::transpose_of_another_rank<detail::operand<D...>>>{};
}
/// A matrix with rows and columns exchanged.
template <class T, int M, int N>
constexpr basic_value<T, N, M> transpose(basic_value<T, M, N> x) {
  detail::located const here(*x.g, x.at);
  return permute<1, 0>(x);
}

/// Stretches extents of 1 to To... (NumPy's rule).  gradient: summed back
/// errors: does not compile where an extent is neither 1 nor the wanted one, and where axis 0 becomes the batch
template <int... To, class T, int... D>
constexpr auto broadcast_to(basic_value<T, D...> x) {
  if constexpr (!(detail::broadcast_shape(make_shape<D...>(), make_shape<To...>()) == make_shape<To...>())) {
    return detail::misfit<layer_path<>, detail::broadcast_does_not_fit<false, detail::operand<D...>, needs<To...>>>{};
  } else {
    detail::located const here(*x.g, x.at);
    return basic_value<T, To...>{x.g, detail::broadcast_to(*x.g, x.id, make_shape<To...>())};
  }
}

/// Zeros of x's dtype and shape.
template <class T, int... D>
constexpr basic_value<T, D...> zeros_like(basic_value<T, D...> x) {
  return {x.g, detail::add_like(*x.g, x.id, 0)};
}

}  // namespace ashlar::inline ASHLAR_ABI
