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

template <class...>
struct option_list {};

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

/// Of each channel of a batch; recorded again, it is the same nodes.
template <class Options, class V>
struct channel_statistics;
template <class... Options, class T, int B, int C, int... D>
struct channel_statistics<option_list<Options...>, basic_value<T, B, C, D...>> {
  using value = basic_value<T, B, C, D...>;
  using of_channels = basic_value<T, 1, C, ((void)D, 1)...>;
  static constexpr int over = ((1 << (sizeof...(D) + 2)) - 1) & ~2;  // all axes but the channels

  basic_value<T> count;
  of_channels average;
  value centred;
  of_channels variance, scale;

  constexpr explicit channel_statistics(value x)
      : count(count_of<over>(x)),
        average(total(x) / count),
        centred(x - average),
        variance(total(square(centred)) / count),
        scale(rsqrt(variance + collect_options<Options...>().epsilon)) {}

  static constexpr of_channels total(value v) { return reduce_value<over, true>(op::sum, v); }
  static constexpr of_channels channel(basic_value<T, C> v) { return reshape<1, C, ((void)D, 1)...>(v); }
};
/// Beside the sums for bias and weight, which all of x and its gradient pass through, one pass.
template <class Options>
struct batch_norm_gradient {
  template <class T, int B, int C, int... D>
  constexpr auto operator()(basic_value<T, B, C, D...> x, basic_value<T, C> weight, basic_value<T, C>,
                            basic_value<T, B, C, D...>, basic_value<T, B, C, D...> d) const {
    channel_statistics<Options, basic_value<T, B, C, D...>> const of(x);
    auto const normal = of.centred * of.scale;
    auto const for_bias = of.total(d), for_weight = of.total(d * normal);
    auto const for_x = (d - for_bias / of.count - normal * (for_weight / of.count)) * (of.channel(weight) * of.scale);
    return std::tuple{for_x, reshape<C>(for_weight), reshape<C>(for_bias)};
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
    using statistics = channel_statistics<option_list<Options...>, basic_value<T, B, C, D...>>;
    auto channel = [](auto v) { return statistics::channel(v); };
    if (!g.training) {
      auto const scale = rsqrt(channel(running_var) + options.epsilon);
      return (x - channel(running_mean)) * scale * channel(weight) + channel(bias);
    }
    statistics const of(x);
    auto unbiased = of.variance * (of.count / maximum(of.count - 1, 1));
    update_state("running_mean", running_mean + (reshape<C>(of.average) - running_mean) * options.momentum);
    update_state("running_var", running_var + (reshape<C>(unbiased) - running_var) * options.momentum);
    update_state("num_batches_tracked", batches + 1);
    return stated_of_several<batch_norm_gradient<option_list<Options...>>>(
        "batch_norm", of.centred * of.scale * channel(weight) + channel(bias), x, weight, bias);
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
