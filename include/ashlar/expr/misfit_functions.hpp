// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/misfit.hpp>

/// Functions of values, given a misfit: they pass it on.
namespace ashlar::inline ASHLAR_ABI {

template <class A, class B, class M = detail::first_misfit<A, B>>
constexpr M operator+(A, B) {
  return {};
}
template <class A, class B, class M = detail::first_misfit<A, B>>
constexpr M operator-(A, B) {
  return {};
}
template <class A, class B, class M = detail::first_misfit<A, B>>
constexpr M operator*(A, B) {
  return {};
}
template <class A, class B, class M = detail::first_misfit<A, B>>
constexpr M operator/(A, B) {
  return {};
}
template <class A, class B, class M = detail::first_misfit<A, B>>
constexpr M operator>(A, B) {
  return {};
}
template <class A, class B, class M = detail::first_misfit<A, B>>
constexpr M operator<(A, B) {
  return {};
}
template <class A, class B, class M = detail::first_misfit<A, B>>
constexpr M equal(A, B) {
  return {};
}
template <class A, class B, class M = detail::first_misfit<A, B>>
constexpr M matmul(A, B) {
  return {};
}
template <class A, class B, class M = detail::first_misfit<A, B>>
constexpr M maximum(A, B) {
  return {};
}
template <class A, class B, class M = detail::first_misfit<A, B>>
constexpr M minimum(A, B) {
  return {};
}
template <class C, class A, class B, class M = detail::first_misfit<C, A, B>>
constexpr M select(C, A, B) {
  return {};
}
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
constexpr M rsqrt(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M abs(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M sign(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M square(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M transpose(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M zeros_like(M m) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M sum(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M sum_keep(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M mean(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M mean_keep(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M max(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M max_keep(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M>
constexpr M reshape(M m) {
  return m;
}
template <int... Numbers, detail::any_misfit M>
constexpr M permute(M m) {
  return m;
}
template <int... Numbers, detail::any_misfit M>
constexpr M broadcast_to(M m) {
  return m;
}
template <class To, detail::any_misfit M>
constexpr M convert(M m) {
  return m;
}

template <detail::any_misfit M>
constexpr M expm1(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M log1p(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M sin(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M cos(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M erf(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M floor(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M stop_gradient(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M random_uniform(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M random_normal(M m) {
  return m;
}
template <detail::any_misfit M>
constexpr M random_permutation(M m) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M min(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M min_keep(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M argmax(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M argmax_keep(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M argmin(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M argmin_keep(M m, Axes...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... Axes>
constexpr M flip(M m, Axes...) {
  return m;
}
template <detail::any_misfit M, class... Numbers>
constexpr M clamp(M m, Numbers...) {
  return m;
}
template <detail::any_misfit M, class... Numbers>
constexpr M random_bernoulli(M m, Numbers...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... More>
constexpr M slice(M m, More...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... More>
constexpr M pad(M m, More...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... More>
constexpr M roll(M m, More...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... More>
constexpr M cumsum(M m, More...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... More>
constexpr M positions(M m, More...) {
  return m;
}
template <int... Numbers, detail::any_misfit M, class... More>
constexpr M one_hot(M m, More...) {
  return m;
}
template <int... Numbers, class... V, class M = detail::first_misfit<V...>>
constexpr M concat(V...) {
  return {};
}
template <int... Numbers, class... V, class M = detail::first_misfit<V...>>
constexpr M stack(V...) {
  return {};
}
template <int... Numbers, class... V, class M = detail::first_misfit<V...>>
constexpr M take(V...) {
  return {};
}
template <int... Numbers, class... V, class M = detail::first_misfit<V...>>
constexpr M gather(V...) {
  return {};
}
template <int... Numbers, class... V, class M = detail::first_misfit<V...>>
constexpr M scatter_add(V...) {
  return {};
}
template <class A, class B, class M = detail::first_misfit<A, B>>
constexpr M pow(A, B) {
  return {};
}

}  // namespace ashlar::inline ASHLAR_ABI
