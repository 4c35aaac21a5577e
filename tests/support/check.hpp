// SPDX-License-Identifier: MIT
#pragma once
#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

#include "support/check_graph.hpp"
#include "support/run_compiled.hpp"

namespace proof {

// ---- functions of values

template <class V>
inline constexpr bool is_floating_value = is_floating(dtype_of<typename V::element_type>);

template <class F, class Inputs, class Differentiable>
struct function_proof;

/// The value of F, the gradient of sum(F * weights), and the gradient of that gradient's weighted sum, as one function
/// of F's arguments X, the weights and a direction for each differentiable argument.
template <class F, class... X, int... I>
struct function_proof<F, std::tuple<X...>, std::integer_sequence<int, I...>> {
  static constexpr int arguments = sizeof...(X);
  using output = std::invoke_result_t<F, X...>;
  template <int K>
  using argument = std::tuple_element_t<static_cast<std::size_t>(K), std::tuple<X...>>;

  struct weighted {
    template <class W>
    constexpr auto operator()(X... x, W w) const {
      return sum(F{}(x...) * w);
    }
  };
  struct directed {
    constexpr auto operator()(X... x, output w, argument<I>... direction) const {
      auto first = grad<I...>(weighted{})(x..., w);
      if constexpr (sizeof...(I) == 1)
        return sum(first * (direction, ...));
      else
        return std::apply([&](auto... d) { return (sum(d * direction) + ...); }, first);
    }
  };
  constexpr auto operator()(X... x, output w, argument<I>... direction) const {
    auto first = grad<I...>(weighted{})(x..., w);
    auto second = grad<I..., arguments>(directed{})(x..., w, direction...);
    if constexpr (sizeof...(I) == 1)
      return std::tuple_cat(std::tuple{F{}(x...)}, std::tuple{first}, second);
    else
      return std::tuple_cat(std::tuple{F{}(x...)}, first, second);
  }
  using recorder = function_recorder<function_proof, X..., output, argument<I>...>;

  static proof_layout layout() {
    proof_layout l;
    ((l.variables.push_back({false, I})), ...);
    l.weights = arguments;
    for (std::size_t k = 0; k < l.count(); ++k) l.directions.push_back(arguments + 1 + static_cast<int>(k));
    return l;
  }
};

/// The position of argument number k among those that are floating.
template <class... X>
constexpr int floating_position(int k) {
  constexpr bool floats[] = {is_floating_value<X>...};
  int i = 0;
  for (;; ++i)
    if (floats[i] && k-- == 0) return i;
}
template <class Sequence, class... X>
struct differentiable_of;
template <int... K, class... X>
struct differentiable_of<std::integer_sequence<int, K...>, X...> {
  using type = std::integer_sequence<int, floating_position<X...>(K)...>;
};
template <class... X>
using differentiable = differentiable_of<std::make_integer_sequence<int, (0 + ... + is_floating_value<X>)>, X...>;

template <class F, class... X>
using proof_of = function_proof<F, std::tuple<X...>, typename differentiable<X...>::type>;

template <class V>
struct as_float {
  using type = V;
};
template <int... D>
struct as_float<basic_value<double, D...>> {
  using type = basic_value<float, D...>;
};

/// Proves F at inputs X (of double) without compiling kernels, once it is converted to what the oracle computes: the
/// oracle's gradients by central differences, every plan by reference kernels.
template <class F, class... X>
struct recorded_check {
  proof_options options;

  operator results() const {
    using recorded = proof_of<F, X...>;
    recording r;
    record<typename recorded::recorder>(r);
    return check_recording(r, recorded::layout(), draw(r.g, options.draws), options);
  }
};
/// The same at once. In tests of the cpu policy that are taken for the device it has been proven there: nothing of it
/// is a policy's, and where nobody reads the result it is not compiled again.
template <class F, class... X>
auto check_recorded(proof_options const& options = {}) {
  recorded_check<F, X...> const check{options};
#if defined(ASHLAR_TEST_DEVICE)
  return check;
#else
  return results(check);
#endif
}

/// Proves F at inputs X (of double): check_recorded, then compiled kernels, fused in double and unfused in float.
template <class F, class... X>
void check_function(proof_options const& options = {}) {
  results const wanted = check_recorded<F, X...>(options);
  using wide = typename proof_of<F, X...>::recorder;
  using narrow = typename proof_of<F, typename as_float<X>::type...>::recorder;
  using unfused = decltype(cpu.with(no_fusion, no_reuse));
  recording r;
  record<wide>(r);
  environment const e = draw(r.g, options.draws);
  CHECK(compiled_difference<cpu_policy<>, wide>(e, wanted, options.tolerance) == "");
  CHECK(compiled_difference<unfused, narrow>(e, wanted, options.float_tolerance) == "");
}

}  // namespace proof
