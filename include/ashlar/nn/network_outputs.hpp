// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>

#include <ashlar/nn/named.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

template <class X>
concept any_entry = std::is_base_of_v<signature::any_entry, X>;
/// An entry of everything that has a name or none.
template <class X>
struct entry_of {
  using type = signature::entry<"", X>;
};
template <any_entry X>
struct entry_of<X> {
  using type = X;
};

template <class... Entry>
constexpr int find_name(char const* name, int from = 0) {
  char const* const names[] = {"", Entry::name...};
  for (int k = from; k < static_cast<int>(sizeof...(Entry)); ++k)
    if (equal_text(names[k + 1], name)) return k;
  return -1;
}

}  // namespace detail

/// What a network of several outputs returns, as values, and predict for it, as tensors: `auto [digit, value] = ...`,
/// or by name.
template <class... Entry>
class network_outputs {
  template <std::size_t I>
  using element_type = std::tuple_element_t<I, std::tuple<typename Entry::type...>>;
  template <fixed_string Name>
  static constexpr std::size_t index_of() {
    constexpr int k = detail::find_name<Entry...>(detail::name_holder<Name>::value.text);
    static_assert(k >= 0, "ashlar: get<...>: the network has no output of this name (this message states the name)");
    return k < 0 ? 0 : static_cast<std::size_t>(k);
  }

 public:
  /// The outputs in their order.
  constexpr explicit network_outputs(typename Entry::type... all) : all_(std::move(all)...) {}

  /// Output number I.
  template <std::size_t I>
  constexpr decltype(auto) get() const& {
    if constexpr (detail::any_value<element_type<I>>)
      return detail::placed(std::get<I>(all_));
    else
      return (std::get<I>(all_));
  }
  /// Output number I, moved out.
  template <std::size_t I>
  constexpr decltype(auto) get() && {
    if constexpr (detail::any_value<element_type<I>>)
      return detail::placed(std::get<I>(all_));
    else
      return std::get<I>(std::move(all_));
  }
  /// The output of this name.
  template <fixed_string Name>
  constexpr decltype(auto) get() const& {
    return get<index_of<Name>()>();
  }
  /// The output of this name, moved out.
  template <fixed_string Name>
  constexpr element_type<index_of<Name>()> get() && {
    return std::move(*this).template get<index_of<Name>()>();
  }

 private:
  std::tuple<typename Entry::type...> all_;
};

}  // namespace ashlar::inline ASHLAR_ABI

namespace std {

/// How many outputs there are, for structured bindings.
template <class... Entry>
struct tuple_size<ashlar::network_outputs<Entry...>> : integral_constant<size_t, sizeof...(Entry)> {};
/// The type of an output, for structured bindings.
template <size_t I, class... Entry>
struct tuple_element<I, ashlar::network_outputs<Entry...>> {
  /// That of output number I.
  using type = tuple_element_t<I, tuple<typename Entry::type...>>;
};

}  // namespace std
