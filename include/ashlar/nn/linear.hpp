// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/matmul.hpp>
#include <ashlar/expr/shaping.hpp>
#include <ashlar/expr/window_options.hpp>
#include <ashlar/nn/layer.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// PyTorch's default: uniform in +- 1 / sqrt(fan_in). source: torch.nn.Linear, torch.nn.Conv2d
constexpr initialiser fan_in_uniform(std::int64_t fan_in) {
  return {initialiser::uniform, 1 / square_root(static_cast<double>(fan_in))};
}

template <int Axes, class Layer, class Input, class Flat>
struct linear_needs_a_flat_input {
  template <class Path>
  struct report {
    static_assert(Axes == 1,
                  "ashlar: linear<N>: the input must be flat, [batch, features]; put `flatten` before it (this message "
                  "states the layer, what it got and needs after the batch, and its path)");
  };
};

template <int Out, class... Options>
struct linear_layer : layer<linear_layer<Out, Options...>> {
  static_assert(Out > 0, "ashlar: linear<N>: N, the number of outputs, must be positive");
  static_assert((std::is_same_v<Options, no_bias> && ...), "ashlar: linear<N, no_bias>: there is no other option");

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...>) {
    if constexpr (sizeof...(D) == 1 || sizeof...(D) == 2)
      return fits{};
    else
      return linear_needs_a_flat_input<sizeof...(D), linear_layer, got<D...>, needs<(1 * ... * D)>>{};
  }
  template <class T, int B, int In>
  static constexpr basic_value<T, B, Out> apply(basic_value<T, B, In> x) {
    return biased<In>(product(x));
  }
  /// The bias is added where the result has its own shape, so that what comes next can be computed together with it.
  template <class T, int B, int Time, int In>
  static constexpr basic_value<T, B, Time, Out> apply(basic_value<T, B, Time, In> x) {
    return biased<In>(reshape<B, Time, Out>(product(reshape<B * Time, In>(x))));
  }

 private:
  template <class T, int M, int In>
  static constexpr basic_value<T, M, Out> product(basic_value<T, M, In> x) {
    return product_with_parameter<Out>(x, "weight", fan_in_uniform(In));
  }
  template <int In, class T, int... D>
  static constexpr basic_value<T, D...> biased(basic_value<T, D...> y) {
    if constexpr (sizeof...(Options) > 0)
      return y;
    else
      return y + parameter<T, Out>(*y.g, "bias", fan_in_uniform(In));
  }
};

}  // namespace detail

/// A fully connected layer: x weight^T + bias; linear<N, no_bias> without.
/// shape: [batch, in] -> [batch, Out], or [batch, time, in] -> [batch, time, Out]; weight [Out, in], bias [Out]
/// cost: where products read it faster so, a weight of 32 outputs or more lies column by column, on the cpu policy one
/// of 128, 192, 256 ... outputs in panels of 64; nobody sees it
/// errors: does not compile where the input is an image; put `flatten` before it
template <int Out, class... Options>
inline constexpr detail::linear_layer<Out, Options...> linear{};

}  // namespace ashlar::inline ASHLAR_ABI
