// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/expr/composite.hpp>
#include <ashlar/expr/shaping.hpp>
#include <ashlar/nn/constant_number.hpp>
#include <ashlar/nn/layer.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// What a normalisation adds to the variance.
template <constant_number Value>
struct epsilon_option {};
/// What is added to the variance: `layer_norm.with(epsilon<1e-6>)`.
template <constant_number Value>
inline constexpr epsilon_option<Value> epsilon{};
/// How much of a running statistic each batch replaces.
template <constant_number Value>
struct momentum_option {};
/// The share of a batch in the running statistics: `batch_norm.with(momentum<0.01>)`.
template <constant_number Value>
inline constexpr momentum_option<Value> momentum{};

namespace detail {

struct normalisation_options {
  double epsilon = 1e-5;  // torch.nn.LayerNorm, torch.nn.BatchNorm2d
  double momentum = 0.1;  // torch.nn.BatchNorm2d
};
template <constant_number V>
constexpr void apply_option(normalisation_options& o, epsilon_option<V>) {
  o.epsilon = V.value();
}
template <constant_number V>
constexpr void apply_option(normalisation_options& o, momentum_option<V>) {
  o.momentum = V.value();
}
template <class... Options>
constexpr normalisation_options collect_options() {
  normalisation_options o;
  (apply_option(o, Options{}), ...);
  return o;
}

template <class... Options>
struct layer_norm_layer : layer<layer_norm_layer<Options...>> {
  template <class... More>
  constexpr layer_norm_layer<Options..., More...> with(More...) const {
    return {};
  }

  template <class T, int... D>
  static constexpr basic_value<T, D...> apply(basic_value<T, D...> x) {
    constexpr int extents[] = {D...};
    constexpr int width = extents[sizeof...(D) - 1];
    auto weight = parameter<T, width>(*x.g, "weight", {initialiser::constant, 1});
    auto bias = parameter<T, width>(*x.g, "bias", {initialiser::constant, 0});
    auto centred = x - mean_keep(x, axes<-1>);
    auto variance = mean_keep(square(centred), axes<-1>);
    auto y = centred * rsqrt(variance + collect_options<Options...>().epsilon);
    return named_composite("layer_norm", x, y) * weight + bias;
  }
};

template <int Axes, class Layer, class Input>
struct batch_norm_needs_channels {
  template <class Path>
  struct report {
    static_assert(Axes >= 1 && Axes <= 3,
                  "ashlar: batch_norm takes 1 to 3 axes after the batch, [channels], [channels, length] or [channels, "
                  "height, width] (this message states how many there are, what it got, and its path)");
  };
};

template <class... Options>
struct batch_norm_layer : layer<batch_norm_layer<Options...>> {
  template <class... More>
  constexpr batch_norm_layer<Options..., More...> with(More...) const {
    return {};
  }

  template <class T, int B, int... D>
  static constexpr auto check(basic_value<T, B, D...>) {
    if constexpr (sizeof...(D) >= 1 && sizeof...(D) <= 3)
      return fits{};
    else
      return batch_norm_needs_channels<sizeof...(D), batch_norm_layer, got<D...>>{};
  }

  template <class T, int B, int C, int... D>
  static constexpr basic_value<T, B, C, D...> apply(basic_value<T, B, C, D...> x) {
    constexpr normalisation_options options = collect_options<Options...>();
    graph& g = *x.g;
    auto weight = parameter<T, C>(g, "weight", {initialiser::constant, 1});
    auto bias = parameter<T, C>(g, "bias", {initialiser::constant, 0});
    auto running_mean = state<T, C>(g, "running_mean", 0);
    auto running_var = state<T, C>(g, "running_var", 1);
    auto batches = state<std::int64_t>(g, "num_batches_tracked", 0);
    auto channel = [](auto v) { return reshape<1, C, ((void)D, 1)...>(v); };
    auto normalised = [&](auto centred, auto variance) {
      return centred * rsqrt(variance + options.epsilon) * channel(weight) + channel(bias);
    };
    if (!g.training) return normalised(x - channel(running_mean), channel(running_var));
    constexpr int over = ((1 << (sizeof...(D) + 2)) - 1) & ~2;  // all axes but the channels
    auto count = count_of<over>(x);
    auto total = [&](auto v) { return reduce_value<over, true>(op::sum, v); };
    auto average = total(x) / count;
    auto centred = x - average;
    auto variance = total(square(centred)) / count;
    auto unbiased = variance * (count / maximum(count - 1, 1));
    update_state("running_mean", running_mean + (reshape<C>(average) - running_mean) * options.momentum);
    update_state("running_var", running_var + (reshape<C>(unbiased) - running_var) * options.momentum);
    update_state("num_batches_tracked", batches + 1);
    return normalised(centred, variance);
  }
};

}  // namespace detail

/// Normalises over the last axis, then scales and shifts: layer_norm, or layer_norm.with(epsilon<1e-6>).
/// shape: [..., width] -> [..., width]; weight [width], bias [width]
/// source: Ba, Kiros, Hinton, arXiv:1607.06450
inline constexpr detail::layer_norm_layer<> layer_norm;

/// Normalises each channel over the batch (its valid rows) and the image; keeps running statistics for prediction.
/// shape: [batch, channels, ...] -> the same; weight, bias, running_mean, running_var [channels]
/// source: Ioffe, Szegedy, arXiv:1502.03167; PyTorch's conventions
inline constexpr detail::batch_norm_layer<> batch_norm;

}  // namespace ashlar::inline ASHLAR_ABI
