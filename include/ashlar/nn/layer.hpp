// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/chain.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// The base of layers with a name of their own: `apply(x)` records one at the path entered, `check(x)` tells whether
/// the input fits. Called directly, a layer takes the next index of the function that calls it.
template <class Self>
struct layer : layer_base {
  template <class X>
  constexpr auto operator()(X x) const {
    return record(x);
  }
  static constexpr bool counted = true;

 protected:
  template <class X, class... More>
  constexpr auto record(X const& given, More const&... more) const {
    if constexpr (some_misfit<X, More...>) {
      return first_misfit<X, More...>{};
    } else {
      takes_values<X, More...>();
      Self const& self = static_cast<Self const&>(*this);
      using complaint = decltype(complaint_of(self, given));
      if constexpr (!std::is_same_v<complaint, fits>) {
        return misfit<layer_path<>, complaint>{};
      } else {
        X const x = brought_in(given);
        graph& g = *x.g;
        located const here(g, x.at);
        scoped_path scope(g, path_of_element(g, self, Self::counted ? take_indices(g, 1) : 0));
        return placed(self.apply(unplaced(x), unplaced(more)...));
      }
    }
  }
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
