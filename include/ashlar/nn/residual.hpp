// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/pointwise.hpp>
#include <ashlar/nn/layer.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class Result, class Added, class Layer>
struct residual_of_two_shapes {
  template <class Path>
  struct report {
    static_assert(std::is_same_v<Result, Added>,
                  "ashlar: residual(layer): the layer must return what it takes, so that the two can be added; where "
                  "it does not, residual(layer, shortcut) adds what the shortcut returns (this message states what the "
                  "layer returns, what is added to it, the layer, and its path)");
  };
};

template <class Layer>
concept has_own_path = requires(graph& g) {
  Layer::path(g);
};

/// The layer of a residual: at the residual's own path, below its name where it has one.
template <class Layer, class X>
constexpr auto call_body(X const& x) {
  if constexpr (has_own_path<Layer>)
    return call_below<typename Layer::step>(Layer::path(*x.g), Layer{}, x);
  else if constexpr (!std::is_same_v<decltype(complaint_of(Layer{}, x)), fits>)
    return misfit<layer_path<>, decltype(complaint_of(Layer{}, x))>{};
  else
    return call_inside(Layer{}, x);
}
/// Its second path: below its name, "shortcut" where it has none.
template <class Shortcut, class X>
constexpr auto call_shortcut(X const& x) {
  if constexpr (has_own_path<Shortcut>)
    return call_below<typename Shortcut::step>(Shortcut::path(*x.g), Shortcut{}, x);
  else
    return call_below<layer_name<'s', 'h', 'o', 'r', 't', 'c', 'u', 't'>>(
        x.g->paths.child(x.g->scope, path_entry::name, 0, "shortcut", 8), Shortcut{}, x);
}

template <class Layer, class Y, class S>
constexpr auto residual_sum(Y const& y, S const& s) {
  if constexpr (any_misfit<Y>)
    return y;
  else if constexpr (any_misfit<S>)
    return s;
  else if constexpr (std::is_same_v<Y, S>)
    return y + s;
  else
    return misfit<layer_path<>, residual_of_two_shapes<Y, S, Layer>>{};
}

template <class Layer>
struct residual_layer : layer<residual_layer<Layer>> {
  template <class X>
  static constexpr auto apply(X x) {
    return residual_sum<Layer>(call_body<Layer>(x), x);
  }
};
template <class Layer, class Shortcut>
struct residual_with_shortcut : layer<residual_with_shortcut<Layer, Shortcut>> {
  template <class X>
  static constexpr auto apply(X x) {
    auto const y = call_body<Layer>(x);
    return residual_sum<Layer>(y, call_shortcut<Shortcut>(x));
  }
};

struct residual_of {
  template <class Layer>
  constexpr residual_layer<Layer> operator()(Layer const&) const {
    static_assert(std::is_empty_v<Layer>, "ashlar: residual(layer): the layer must not hold run-time state");
    return {};
  }
  template <class Layer, class Shortcut>
  constexpr residual_with_shortcut<Layer, Shortcut> operator()(Layer const&, Shortcut const&) const {
    static_assert(std::is_empty_v<Layer> && std::is_empty_v<Shortcut>,
                  "ashlar: residual(layer, shortcut): the layers must not hold run-time state");
    return {};
  }
};

}  // namespace detail

/// residual(layer): x + layer(x); residual(layer, shortcut): layer(x) + shortcut(x), where the layer changes the shape.
/// The layer's parameters lie at the residual's own path, the shortcut's below "shortcut", or the names they have.
/// errors: does not compile where the two sides of the sum differ in shape
/// example: conv2d<16, 3> | residual(batch_norm | relu | conv2d<16, 3, padding<1>>)
/// source: He, Zhang, Ren, Sun, arXiv:1512.03385
inline constexpr detail::residual_of residual;

}  // namespace ashlar::inline ASHLAR_ABI
