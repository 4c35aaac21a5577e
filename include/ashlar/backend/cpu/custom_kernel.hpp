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

/// How Primitive computes Y of operands X in memory: element by element, or all in one call.
template <class Primitive, class Y, class... X>
struct custom_call {
  using result = typename view_of_value<Y>::variable;
  static constexpr bool has_elements = requires(std::int64_t i, typename view_of_value<X>::constant... x, result y) {
    Primitive::element(i, x..., y);
  };
  static constexpr std::int64_t rows = [] { return Y::rank ? Y::shape()[0] : 1; }();
  static constexpr std::int64_t row_size = Y::shape().size() / rows;

  /// Elements [begin, end) where it has elements, else all. `operands`: the operands, then the result.
  ASHLAR_HD static void run(char* const* operands, std::int64_t begin, std::int64_t end) {
    run(operands, begin, end, std::index_sequence_for<X...>{});
  }

 private:
  template <std::size_t... K>
  ASHLAR_HD static void run(char* const* operands, std::int64_t begin, std::int64_t end, std::index_sequence<K...>) {
    using elements = typename Y::element_type;
    call(begin, end, result(reinterpret_cast<elements*>(operands[sizeof...(X)])),
         typename view_of_value<X>::constant(reinterpret_cast<typename X::element_type const*>(operands[K]))...);
  }
#if defined(__CUDACC__)
#pragma nv_exec_check_disable
#endif
  template <class... V>
  ASHLAR_HD static void call(std::int64_t begin, std::int64_t end, result const& y, V const&... x) {
    if constexpr (has_elements) {
      for (std::int64_t i = begin; i < end; ++i) Primitive::element(i, x..., y);
    } else if constexpr (requires(std::int64_t n) { Primitive::kernel(x..., y, n); }) {
      Primitive::kernel(x..., y, end / row_size);
    } else {
      Primitive::kernel(x..., y);
    }
  }
};
template <class Primitive, class Y, class... X>
void custom_cpu_kernel(kernel_arguments const& args) {
  using call = custom_call<Primitive, Y, X...>;
  std::int64_t const rows = args.numbers[0] ? args.numbers[0] * args.rows : call::rows;
  call::run(args.operands, 0, rows * call::row_size);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
