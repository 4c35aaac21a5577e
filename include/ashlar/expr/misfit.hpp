// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/value.hpp>

/// What an operation or a layer returns instead of a value when its operands do not fit: it travels through the rest of
/// the network and the first function the user called reports it, so that a compiler's message begins there. Its type
/// holds the way to the layer, the layer and the numbers.
namespace ashlar::inline ASHLAR_ABI {

/// The way to a layer, as compilers print it: layer_path<index<1>, iteration, layer_name<'h', 'e', 'a', 'd'>>.
template <class... Steps>
struct layer_path {};
template <int I>
struct index {};
struct iteration {};
template <char... Text>
struct layer_name {};

/// The extents a layer was given, or needs, after the batch.
template <int... Extents>
struct got {};
template <int... Extents>
struct needs {};

namespace detail {

/// A layer's answer to an input that it can take.
struct fits {};

/// Something that does not fit. `Complaint::report<Path>` is a type whose body asserts what must hold.
template <class Path, class Complaint>
struct misfit : signature::element {
  using report = typename Complaint::template report<Path>;
};
template <class X>
struct is_misfit_type : std::false_type {};
template <class P, class C>
struct is_misfit_type<misfit<P, C>> : std::true_type {};
template <class X>
concept any_misfit = is_misfit_type<std::remove_cvref_t<X>>::value;
/// True of everything but a misfit, whose complaint it makes the compiler print.
template <class X>
inline constexpr bool accepted = true;
template <any_misfit X>
inline constexpr bool accepted<X> = sizeof(typename X::report) != 0;
template <class... X>
concept some_misfit = (any_misfit<X> || ...);

/// The misfit seen from one scope further out.
template <class Step, class... Steps, class C>
constexpr misfit<layer_path<Step, Steps...>, C> below(misfit<layer_path<Steps...>, C>) {
  return {};
}

/// got<...> or needs<...> of a value's extents after the batch.
template <template <int...> class Words, class V>
struct sample_extents;
template <template <int...> class Words, class T, int B, int... D>
struct sample_extents<Words, basic_value<T, B, D...>> {
  using type = Words<D...>;
};
template <template <int...> class Words, class T>
struct sample_extents<Words, basic_value<T>> {
  using type = Words<>;
};

template <class... X>
struct first_misfit_of {};
template <class X, class... Rest>
struct first_misfit_of<X, Rest...> : first_misfit_of<Rest...> {};
template <any_misfit X, class... Rest>
struct first_misfit_of<X, Rest...> {
  using type = X;
};
template <class... X>
using first_misfit = typename first_misfit_of<X...>::type;

}  // namespace detail

}  // namespace ashlar::inline ASHLAR_ABI
