// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/layer.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// Parameters recorded during a lifetime are not trained.
class frozen_scope {
 public:
  constexpr explicit frozen_scope(graph& g) : g_(g), before_(g.frozen) { g.frozen = true; }
  frozen_scope(frozen_scope const&) = delete;
  frozen_scope& operator=(frozen_scope const&) = delete;
  constexpr ~frozen_scope() { g_.frozen = before_; }

 private:
  graph& g_;
  bool before_;
};

template <class L>
struct frozen_layer : layer<frozen_layer<L>> {
  static constexpr int path(graph& g) requires requires { L{}.path(g); }
  { return L{}.path(g); }
  static constexpr bool counted = [] {
    if constexpr (requires { L::counted; })
      return L::counted;
    else
      return true;
  }();

  template <class X>
  static constexpr auto check(X x) {
    return complaint_of(L{}, x);
  }
  template <class X>
  static constexpr auto apply(X x) {
    frozen_scope const scope(*x.g);
    return call_inside(L{}, x);
  }
};

template <class L>
constexpr frozen_layer<L> freeze_layer(L const&) {
  return {};
}
template <class... L>
constexpr chain<frozen_layer<L>...> freeze_layer(chain<L...> const&) {
  return {};
}

}  // namespace detail

/// frozen(layer): training leaves the layer's parameters as they are, and computes no gradient that only they need;
/// what comes before it is trained. Its names stay the same: of a chain, each element is frozen. What shares its name
/// shares its parameters, which are as frozen there. Running statistics are no parameters, and go on.
/// example: frozen(conv2d<64, 3>) | relu | linear<10>
template <class L>
constexpr auto frozen(L const& layer) {
  static_assert(std::is_empty_v<L>, "ashlar: frozen(layer): the layer must not hold run-time state");
  return detail::freeze_layer(layer);
}

}  // namespace ashlar::inline ASHLAR_ABI
