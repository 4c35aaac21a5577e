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
  static constexpr bool takes_rows = requires(std::int64_t n, typename view_of_value<X>::constant... x, result y) {
    Primitive::kernel(x..., y, n);
  };
  static constexpr std::int64_t rows = [] { return Y::rank ? Y::shape()[0] : 1; }();
  static constexpr std::int64_t row_size = Y::shape().size() / rows;

  /// Elements [begin, end) where it has elements, else all. `operands`: the operands, then the result.
  static void run(char* const* operands, std::int64_t begin, std::int64_t end) {
    run(operands, begin, end, std::index_sequence_for<X...>{});
  }
#if defined(ASHLAR_HAS_GPU)
  /// The same on a GPU. It is the device's alone: in functions for both nvcc leaves out, without a word, what the host
  /// alone can call, here it refuses.
  ASHLAR_DEVICE_ALONE static void run_on_device(char* const* operands, std::int64_t begin, std::int64_t end) {
    run_on_device(operands, begin, end, std::index_sequence_for<X...>{});
  }
#endif

 private:
  using element_type = typename Y::element_type;
  template <class V, class T>
  ASHLAR_HD static typename view_of_value<V>::constant as_view(T* at) {
    return typename view_of_value<V>::constant(reinterpret_cast<typename V::element_type const*>(at));
  }
  template <std::size_t... K>
  static void run(char* const* operands, std::int64_t begin, std::int64_t end, std::index_sequence<K...>) {
    result const y(reinterpret_cast<element_type*>(operands[sizeof...(X)]));
    if constexpr (has_elements) {
      for (std::int64_t i = begin; i < end; ++i) Primitive::element(i, as_view<X>(operands[K])..., y);
    } else if constexpr (takes_rows) {
      Primitive::kernel(as_view<X>(operands[K])..., y, end / row_size);
    } else {
      Primitive::kernel(as_view<X>(operands[K])..., y);
    }
  }
#if defined(ASHLAR_HAS_GPU)
  template <std::size_t... K>
  ASHLAR_DEVICE_ALONE static void run_on_device(char* const* operands, std::int64_t begin, std::int64_t end,
                                                std::index_sequence<K...>) {
    result const y(reinterpret_cast<element_type*>(operands[sizeof...(X)]));
    if constexpr (has_elements) {
      for (std::int64_t i = begin; i < end; ++i) Primitive::element(i, as_view<X>(operands[K])..., y);
    } else if constexpr (takes_rows) {
      Primitive::kernel(as_view<X>(operands[K])..., y, end / row_size);
    } else {
      Primitive::kernel(as_view<X>(operands[K])..., y);
    }
  }
#endif
};
template <class Primitive, class Y, class... X>
void custom_cpu_kernel(kernel_arguments const& args) {
  using call = custom_call<Primitive, Y, X...>;
  std::int64_t const rows = args.numbers[0] ? args.numbers[0] * args.rows : call::rows;
  call::run(args.operands, 0, rows * call::row_size);
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
