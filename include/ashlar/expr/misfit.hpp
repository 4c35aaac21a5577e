// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/value.hpp>

/// What a chain returns instead of a value when a layer does not fit: it travels through the rest of the network and
/// the first function the user called reports it. Its type holds the way to the layer, the layer and the numbers.
namespace ashlar::inline ASHLAR_ABI {

/// The way to a layer, as compilers print it: layer_path<index<1>, iteration, index<3>>.
template <class... Steps>
struct layer_path {};
template <int I>
struct index {};
struct iteration {};

/// The extents a layer was given, or needs, after the batch.
template <int... Extents>
struct got {};
template <int... Extents>
struct needs {};

namespace detail {

/// A layer's answer to an input that it can take.
struct fits {};

template <class Path, class Complaint>
struct misfit {};
template <class X>
struct is_misfit_type : std::false_type {};
template <class P, class C>
struct is_misfit_type<misfit<P, C>> : std::true_type {};
template <class X>
concept any_misfit = is_misfit_type<std::remove_cvref_t<X>>::value;

/// The misfit seen from one scope further out.
template <class Step, class... Steps, class C>
constexpr misfit<layer_path<Step, Steps...>, C> below(misfit<layer_path<Steps...>, C>) {
  return {};
}

/// Does not compile where X is a misfit: the complaint's own sentence.
template <class X>
consteval void reject_misfit() {}
template <any_misfit X>
consteval void reject_misfit() {
  []<class P, class C>(misfit<P, C>*) { C::template report<P>(); }(static_cast<X*>(nullptr));
}

template <class A, class B>
using misfit_among = std::conditional_t<any_misfit<A>, A, B>;
template <class A, class B>
concept one_misfit = any_misfit<A> || any_misfit<B>;

}  // namespace detail

template <class A, class B>
requires detail::one_misfit<A, B>
constexpr detail::misfit_among<A, B> operator+(A, B) { return {}; }
template <class A, class B>
requires detail::one_misfit<A, B>
constexpr detail::misfit_among<A, B> operator-(A, B) { return {}; }
template <class A, class B>
requires detail::one_misfit<A, B>
constexpr detail::misfit_among<A, B> operator*(A, B) { return {}; }
template <class A, class B>
requires detail::one_misfit<A, B>
constexpr detail::misfit_among<A, B> operator/(A, B) { return {}; }
template <class A, class B>
requires detail::one_misfit<A, B>
constexpr detail::misfit_among<A, B> matmul(A, B) { return {}; }
template <detail::any_misfit M>
constexpr M operator-(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M exp(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M log(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M tanh(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M sqrt(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M abs(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M square(M m) {
  return m;
}
template <detail::any_misfit M, class... Axes>
constexpr M sum(M m, Axes...) {
  return m;
}
template <detail::any_misfit M, class... Axes>
constexpr M mean(M m, Axes...) {
  return m;
}
template <detail::any_misfit M, class... Axes>
constexpr M max(M m, Axes...) {
  return m;
}

}  // namespace ashlar::inline ASHLAR_ABI
