// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/layer.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// A string as a template argument.
template <int Length>
struct fixed_string {
  char text[static_cast<unsigned>(Length)]{};  ///< The letters, and a zero.

  /// From a literal.
  constexpr fixed_string(char const (&from)[static_cast<unsigned>(Length)]) {
    for (int i = 0; i < Length; ++i) text[i] = from[i];
  }
  static constexpr int length = Length - 1;  ///< How many letters there are.
};
/// Its length follows from the literal.
template <unsigned long Length>
fixed_string(char const (&)[Length]) -> fixed_string<static_cast<int>(Length)>;

namespace detail {

template <fixed_string Name>
struct name_holder {
  static constexpr fixed_string value = Name;
};

template <fixed_string Name, class L>
struct named_layer : layer<named_layer<Name, L>> {
  static constexpr bool counted = false;
  template <int... I>
  static auto step_for(std::integer_sequence<int, I...>) -> layer_name<Name.text[I]...>;
  using step = decltype(step_for(std::make_integer_sequence<int, Name.length>{}));
  static constexpr int path(graph& g) {
    return g.paths.child(g.scope, path_entry::name, 0, name_holder<Name>::value.text, Name.length);
  }
  template <class X>
  static constexpr auto check(X x) {
    return complaint_of(L{}, x);
  }
  template <class X>
  static constexpr auto apply(X x) {
    return call_inside(L{}, x);
  }
};

template <fixed_string Name>
struct named_as {
  template <class L>
  constexpr named_layer<Name, L> operator()(L const&) const {
    static_assert(std::is_empty_v<L>, "ashlar: named<name>(layer): the layer must not hold run-time state");
    return {};
  }
};

}  // namespace detail

/// named<"head">(layer): the layer's parameters are head.weight and so on instead of counting its place in the chain.
/// The same name twice is the same layer: they share parameters.
template <fixed_string Name>
inline constexpr detail::named_as<Name> named;

}  // namespace ashlar::inline ASHLAR_ABI
