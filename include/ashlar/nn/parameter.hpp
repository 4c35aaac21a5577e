// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/initialiser.hpp>
#include <ashlar/nn/named.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// A parameter of one's own, in a function that is part of a network: named after the place of that function in the
/// network and the name given here, "1.scale". The value tells which network is meant; the initialiser how it begins.
/// shape: any value -> [D...]
/// gradient: trained like those of layers
/// example: auto scaled = [](auto x) { return x * parameter<"scale", float, 8>(x, initial_constant<1>); };
template <fixed_string Name, class T, int... D, detail::any_value V, class Initialiser>
constexpr basic_value<T, D...> parameter(V anywhere, Initialiser const&) {
  static_assert(std::is_floating_point_v<T>, "ashlar: parameter<name, T, extents...>: T must be float or double");
  static_assert((true && ... && (D > 0)), "ashlar: parameter<name, T, extents...>: every extent must be positive");
  detail::graph& g = detail::recorded(*anywhere.g);
  detail::located const here(g, anywhere.at);
  return detail::placed(
      detail::parameter<T, D...>(g, detail::name_holder<Name>::value.text, Initialiser::rule.of(make_shape<D...>())));
}
/// What does not fit is handed on.
template <fixed_string Name, class T, int... D, detail::any_misfit M, class Initialiser>
constexpr M parameter(M m, Initialiser const&) {
  return m;
}

}  // namespace ashlar::inline ASHLAR_ABI
