// SPDX-License-Identifier: MIT
#pragma once
#include <tuple>

#include <ashlar/expr/pointwise.hpp>
#include <ashlar/graph/build_moves.hpp>
#include <ashlar/graph/custom.hpp>

/// Primitives of the user's own.
namespace ashlar::inline ASHLAR_ABI {

/// Stands for the gradient of an operand that has none.
struct no_gradient {};

namespace detail {

/// Calls Primitive's kernel with views of the operands and the result (see backend/cpu/custom_kernel.hpp).
template <class Primitive, class Y, class... X>
void custom_cpu_kernel(kernel_arguments const& args);
#if defined(ASHLAR_HAS_GPU)
#define ASHLAR_CUSTOM_ABI with_gpu_launch
/// Launches it on a GPU (see backend/thrust/gpu/custom.hpp).
template <class Primitive, class Y, class... X>
int custom_gpu_launch(void const* arguments);
#else
/// Where a unit's constants of primitives stand: units with and without a launch for GPUs share none.
#define ASHLAR_CUSTOM_ABI without_gpu_launch
#endif

/// Whether a primitive says that no GPU runs it.
template <class Primitive>
constexpr bool is_host_only() {
  if constexpr (requires { Primitive::host_only; })
    return Primitive::host_only;
  else
    return false;
}

template <int Given, int Operands, class Primitive>
struct custom_gradients_for_other_operands {
  static_assert(
      Given == Operands,
      "ashlar: custom<P>(x...): P::gradient(d, y, x...) must return the gradient of its operand, or a tuple of "
      "one for each of several, no_gradient{} for those without");
};

inline namespace ASHLAR_CUSTOM_ABI {

template <class Primitive, class Y, class... X>
struct custom_of {
  static constexpr void gradient(graph& g, int id, int d, int* given) {
    gradient(g, id, d, given, std::index_sequence_for<X...>{});
  }
  static constexpr custom_primitive primitive = [] {
#if defined(ASHLAR_HAS_GPU)
    if constexpr (!is_host_only<Primitive>())
      return custom_primitive{gradient, custom_cpu_kernel<Primitive, Y, X...>, custom_gpu_launch<Primitive, Y, X...>,
                              true};
    else
#endif
      return custom_primitive{gradient, custom_cpu_kernel<Primitive, Y, X...>, nullptr, false};
  }();

 private:
  template <std::size_t... K>
  static constexpr void gradient(graph& g, int id, int d, int* given, std::index_sequence<K...>) {
    node const n = g[id];
    auto const all = as_tuple(Primitive::gradient(Y{&g, d}, Y{&g, id}, X{&g, n.in[K]}...));
    constexpr int count = std::tuple_size_v<std::remove_cvref_t<decltype(all)>>;
    (void)custom_gradients_for_other_operands<count, sizeof...(X), Primitive>{};
    ((given[K] = node_of(g, std::get<K>(all))), ...);
  }
  template <class... D>
  static constexpr std::tuple<D...> as_tuple(std::tuple<D...> const& all) {
    return all;
  }
  template <class D>
  static constexpr std::tuple<D> as_tuple(D const& one) {
    return std::tuple<D>{one};
  }
  static constexpr int node_of(graph&, no_gradient) { return -1; }
  template <any_value V>
  static constexpr int node_of(graph& g, V const& v) {
    return node_in(g, v);
  }
};

}  // namespace ASHLAR_CUSTOM_ABI
#undef ASHLAR_CUSTOM_ABI
}  // namespace detail

/// A primitive of one's own: `Primitive` is a type with
/// * `template <class... X> using result`: its value's type, given its operands' (of up to three),
/// * `static void element(std::int64_t i, x..., y)`: computes element i of the result, given views of the operands
///   (view<T const, D...>) and of the result (view<T, D...>), both dense; on a GPU every element has a thread. Or
///   `static void kernel(x..., y)`, with or without the number of valid rows behind: computes all of it; of a batch,
///   axis 0 is the samples; on a GPU one thread runs it. In units that nvcc compiles it is ASHLAR_HD, or `static
///   constexpr bool host_only = true` says that only the cpu policy uses it,
/// * `static constexpr auto gradient(d, y, x...)`: the gradient for x, given that of y: an expression like any other (a
///   tuple where there are several operands; no_gradient{} for an operand without), so that gradients of it exist too.
/// errors: does not compile where the gradients are not as many as the operands
/// example: custom<cube>(x), with struct cube { template <class X> using result = X; ... };
template <class Primitive, detail::any_value... X>
constexpr auto custom(X... x) {
  static_assert(sizeof...(X) >= 1 && sizeof...(X) <= 3, "ashlar: custom<P>(x...) takes one to three operands");
  using Y = typename Primitive::template result<X...>;
  detail::graph& g = detail::graph_of(x...);
  detail::located const here(g, detail::place_of(x...));
  int const given[] = {detail::node_in(g, x)...};
  int operands[3]{-1, -1, -1}, rows = 0;
  for (unsigned k = 0; k < sizeof...(X); ++k) {
    operands[k] = given[k];
    bool const keeps_axis = Y::rank > 0 && g.extents(given[k]).rank > 0 && g.extents(given[k])[0] == Y::shape()[0];
    if (keeps_axis && g[given[k]].rows > rows) rows = g[given[k]].rows;
  }
  return Y{&g, detail::add_custom(g, &detail::custom_of<Primitive, Y, X...>::primitive, operands,
                                  dtype_of<typename Y::element_type>, Y::shape(), rows)};
}
/// An operand that does not fit is handed on.
template <class Primitive, class... X, class M = detail::first_misfit<X...>>
constexpr M custom(X...) {
  return {};
}

}  // namespace ashlar::inline ASHLAR_ABI
