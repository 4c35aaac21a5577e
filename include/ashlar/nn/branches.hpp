// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>

#include <ashlar/expr/moving.hpp>
#include <ashlar/nn/activation.hpp>
#include <ashlar/nn/layer.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <bool Fits, class... Results>
struct sum_of_other_shapes {
  template <class Path>
  struct report {
    static_assert(Fits,
                  "ashlar: sum_of(layers...): the layers must return values of one shape and dtype (this message "
                  "states what they return, and the path)");
  };
};

/// The results one after the other along an axis.
template <int Axis>
struct concatenation {
  static_assert(Axis != 0, "ashlar: branches<Axis>: axis 0 is the batch; channels are axis 1");
  template <class... Y>
  static constexpr auto join(Y const&... y) {
    return concat<Axis>(y...);
  }
};
/// The sum of the results.
struct summation {
  template <class First, class... Y>
  static constexpr auto join(First const& first, Y const&... y) {
    if constexpr ((std::is_same_v<First, Y> && ...))
      return (first + ... + y);
    else
      return misfit<layer_path<>, sum_of_other_shapes<false, First, Y...>>{};
  }
};

template <class Layer, int I, class X>
constexpr auto call_branch(X const& x) {
  return call_below<typename step_of<Layer, I>::type>(path_of_element(*x.g, Layer{}, I), Layer{}, x);
}

template <class Join, class Sequence, class... L>
struct branches_layer;
template <class Join, int... I, class... L>
struct branches_layer<Join, std::integer_sequence<int, I...>, L...>
    : layer<branches_layer<Join, std::integer_sequence<int, I...>, L...>> {
  static_assert(sizeof...(L) > 0, "ashlar: branches and sum_of need a layer at least");
  static_assert((std::is_empty_v<L> && ...), "ashlar: branches and sum_of: layers must not hold run-time state");

  template <class X>
  static constexpr auto apply(X x) {
    if constexpr (some_misfit<decltype(call_branch<L, I>(x))...>) {
      return first_misfit<decltype(call_branch<L, I>(x))...>{};
    } else {
      std::tuple<decltype(call_branch<L, I>(x))...> const results{call_branch<L, I>(x)...};  // in this order
      return std::apply([](auto const&... y) { return Join::join(y...); }, results);
    }
  }
};

template <class Join>
struct branches_joined {
  template <class... L>
  constexpr branches_layer<Join, std::make_integer_sequence<int, sizeof...(L)>, L...> operator()(L const&...) const {
    return {};
  }
};

struct identity_layer : activation<identity_layer> {
  template <class V>
  static constexpr V apply(V const& x) {
    return x;
  }
};

}  // namespace detail

/// branches<Axis>(a, b, c): each layer on the same input, the results one after the other along an axis, of which 1 is
/// that of channels or features. Branch k has the path k unless it has a name.
/// errors: does not compile where results differ in another extent than that of the axis
/// example: branches<1>(conv2d<8, 1>, conv2d<8, 3, padding<1>>, identity)
template <int Axis>
inline constexpr detail::branches_joined<detail::concatenation<Axis>> branches{};

/// sum_of(a, b, c): each layer on the same input, the results added up. Branch k has the path k unless it has a name.
/// errors: does not compile where results differ in shape
inline constexpr detail::branches_joined<detail::summation> sum_of;

/// x as it is, for a branch that does nothing.  gradient: d
inline constexpr detail::identity_layer identity;

}  // namespace ashlar::inline ASHLAR_ABI
