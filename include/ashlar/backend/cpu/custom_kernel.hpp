// SPDX-License-Identifier: MIT
#pragma once
#include <utility>

#include <ashlar/backend/cpu/kernel.hpp>
#include <ashlar/core/view.hpp>
#include <ashlar/expr/custom.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

template <class V>
struct view_of_value;
template <class T, int... D>
struct view_of_value<basic_value<T, D...>> {
  using constant = view<T const, D...>;
  using variable = view<T, D...>;
};

template <class Primitive, class Y, class... X, std::size_t... K>
void call_custom_kernel(kernel_arguments const& args, std::index_sequence<K...>) {
  using elements = typename Y::element_type;
  typename view_of_value<Y>::variable const y(reinterpret_cast<elements*>(args.operands[sizeof...(X)]));
  auto const call = [&](auto const&... x) {
    if constexpr (requires(std::int64_t rows) { Primitive::kernel(x..., y, rows); })
      Primitive::kernel(x..., y, args.numbers[0] ? args.numbers[0] * args.rows : Y::rank ? Y::shape()[0] : 1);
    else
      Primitive::kernel(x..., y);
  };
  call(typename view_of_value<X>::constant(reinterpret_cast<typename X::element_type const*>(args.operands[K]))...);
}
template <class Primitive, class Y, class... X>
void custom_cpu_kernel(kernel_arguments const& args) {
  call_custom_kernel<Primitive, Y, X...>(args, std::index_sequence_for<X...>{});
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
