// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/layer.hpp>

namespace ashlar::inline ASHLAR_ABI {

template <class T, int... Dims>
class tensor;

/// How much a loss counts in the sum that a trainer makes small: `named<"value">(mse, loss_weight{0.5f})`.
struct loss_weight {
  float value = 1;  ///< The factor; negative: the loss is made large.
};

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

namespace signature {

template <fixed_string Name, class What>
struct entry;

}  // namespace signature

namespace detail {

template <fixed_string Name, class Loss>
struct weighted_loss;
template <fixed_string Name>
struct name_holder {
  static constexpr fixed_string value = Name;
};

template <fixed_string Name, class L>
struct named_layer : layer<named_layer<Name, L>> {
  static constexpr bool counted = false;
  using weighted = weighted_loss<Name, L>;  // where it is a loss
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

/// What step and predict take by name: a tensor, which it refers to.
template <fixed_string Name, class Tensor>
struct named_tensor_reference {
  using tensor_type = Tensor;
  static constexpr char const* name = name_holder<Name>::value.text;
  Tensor const& tensor;
};
/// A loss and how much it counts; it has no name where Name is empty.
template <fixed_string Name, class Loss>
struct weighted_loss {
  using loss = Loss;
  using entry = signature::entry<Name, Loss>;
  float weight = 1;
};

template <class X>
inline constexpr bool is_tensor_type = false;
template <class T, int... D>
inline constexpr bool is_tensor_type<tensor<T, D...>> = true;

}  // namespace detail

namespace signature {

/// What all entries are.
struct any_entry : element {};

/// An input, an output or a target and its name, which is empty where it has none.
template <fixed_string Name, class What>
struct entry : any_entry {
  /// What it describes.
  using type = What;
  /// Its name.
  static constexpr char const* name = detail::name_holder<Name>::value.text;
  /// Its letters, for messages of the compiler.
  using letters = typename detail::named_layer<Name, What>::step;
  /// The same name for something else.
  template <class Other>
  using renamed = entry<Name, Other>;

  What what;  ///< The description, or the value.

  /// A description, or a value, with this name.
  constexpr explicit entry(What const& w) : what(w) {}
  /// What owns its numbers, with this name.
  constexpr explicit entry(What&& w) requires std::is_base_of_v<owner, What> : what(std::move(w)) {}
  /// Without numbers.
  constexpr entry() requires std::is_base_of_v<owner, What>
  = default;
};

}  // namespace signature

namespace detail {

template <fixed_string Name>
struct named_as {
  template <class X>
  constexpr auto operator()(X const& x) const {
    if constexpr (any_misfit<X>)
      return x;
    else if constexpr (std::is_base_of_v<signature::element, X>)
      return signature::entry<Name, X>(x);
    else if constexpr (is_tensor_type<X>)
      return named_tensor_reference<Name, X>{x};
    else
      return named_stateless(x);
  }
  template <class Column>
  requires(std::is_base_of_v<signature::owner, Column> &&
           !std::is_const_v<Column>) constexpr signature::entry<Name, Column>
  operator()(Column&& x) const {
    return signature::entry<Name, Column>(std::move(x));
  }
  template <class Loss>
  constexpr weighted_loss<Name, Loss> operator()(Loss const&, loss_weight w) const {
    return {w.value};
  }

 private:
  template <class L>
  static constexpr named_layer<Name, L> named_stateless(L const&) {
    static_assert(std::is_empty_v<L>, "ashlar: named<name>(layer): the layer must not hold run-time state");
    return {};
  }
};

}  // namespace detail

/// named<"head">(layer): the layer's parameters are head.weight and so on instead of counting its place in the chain.
/// The same name twice is the same layer: they share parameters. It names the inputs, outputs, losses and targets of a
/// network as well, and the tensors that are given for them or the columns of a dataset that hold them.
/// example: inputs(named<"image">(input<1, 8, 8>), named<"meta">(input<4>))
template <fixed_string Name>
inline constexpr detail::named_as<Name> named{};

}  // namespace ashlar::inline ASHLAR_ABI
