// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/chain.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The base of layers with a name of their own: `Self::apply(x)` records it at the path entered, `Self::check(x)` tells
/// whether the input fits. Called directly, a layer takes the next index of the function that calls it.
template <class Self>
struct layer : layer_base {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (any_misfit<X>) {
      return x;
    } else {
      takes_values<X>();
      using complaint = decltype(complaint_of(Self{}, x));
      if constexpr (!std::is_same_v<complaint, fits>) {
        return misfit<layer_path<>, complaint>{};
      } else {
        graph& g = *x.g;
        located const here(g, x.at);
        scoped_path scope(g, path_of_element(g, Self{}, Self::counted ? take_indices(g, 1) : 0));
        return placed(Self{}.apply(unplaced(x)));
      }
    }
  }
  static constexpr bool counted = true;
};

/// Calls a layer at a path that it enters; what does not fit is seen from outside of it, Step further.
template <class Step, class Layer, class X>
constexpr auto call_below(int path, Layer const&, X const& x) {
  using complaint = decltype(complaint_of(Layer{}, x));
  if constexpr (!std::is_same_v<complaint, fits>) {
    return misfit<layer_path<Step>, complaint>{};
  } else {
    scoped_path scope(*x.g, path);
    auto const y = call_inside(Layer{}, x);
    if constexpr (any_misfit<decltype(call_inside(Layer{}, x))>)
      return below<Step>(y);
    else
      return unplaced(y);
  }
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
