// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>

namespace networks {

using namespace ashlar;

/// GPT-2: blocks of causal attention and an MLP, each behind a layer norm. The head has weights of its own.
/// shape: int32 [batch, Context] -> [batch, Context, Tokens]
/// source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019
template <int Blocks, int Width, int Heads, int Context, int Tokens, bool Dropout = true>
struct gpt {
  static constexpr int head_width = Width / Heads;

  struct unchanged {
    template <class V>
    constexpr V operator()(V x) const {
      return x;
    }
  };
  /// Nothing where two implementations are to be compared step by step.
  static constexpr std::conditional_t<Dropout, std::remove_cvref_t<decltype(dropout<0.1>)>, unchanged> dropped{};

  struct embedding {
    template <class T>
    constexpr auto operator()(T ids) const {
      auto words = parameter<"wte", float, Tokens, Width>(ids, initial_normal<0.02>);
      auto places = parameter<"wpe", float, Context, Width>(ids, initial_normal<0.02>);
      return take(words, ids) + places;
    }
  };

  /// [batch, Context, Width] -> [batch, Heads, Context, head_width]
  template <int Batch>
  static constexpr auto split_heads(value<Batch, Context, Width> x) {
    return permute<0, 2, 1, 3>(reshape<Batch, Context, Heads, head_width>(x));
  }
  /// The scores with those of later places taken out.
  template <class V>
  static constexpr V masked(V scores) {
    auto place = cumsum<0>(broadcast_to<Context>(zeros_like(sum(scores)) + 1));
    auto is_later = reshape<1, Context>(place) > reshape<Context, 1>(place);
    return select(is_later, -1e9f, scores);
  }
  struct attention {
    template <int Batch>
    constexpr auto operator()(value<Batch, Context, Width> x) const {
      auto joint = linear<3 * Width>(x);
      auto query = split_heads(slice<-1, 0, Width>(joint));
      auto key = split_heads(slice<-1, Width, 2 * Width>(joint));
      auto content = split_heads(slice<-1, 2 * Width>(joint));
      auto scale = rsqrt(zeros_like(sum(query)) + head_width);
      auto scores = masked(matmul(query, permute<0, 1, 3, 2>(key)) * scale);
      auto mixed = matmul(dropped(softmax(scores)), content);
      return linear<Width>(reshape<Batch, Context, Width>(permute<0, 2, 1, 3>(mixed)));
    }
  };
  /// source: Hendrycks & Gimpel, arXiv:1606.08415
  struct gelu_by_erf {
    template <class V>
    constexpr V operator()(V x) const {
      return 0.5f * x * (1 + erf(x * 0.70710678f));  // 1 / sqrt(2)
    }
  };
  struct block {
    template <class V>
    constexpr V operator()(V x) const {
      auto y = x + named<"attn">(layer_norm | attention{} | dropped)(x);
      return y + named<"mlp">(layer_norm | linear<4 * Width> | gelu_by_erf{} | linear<Width> | dropped)(y);
    }
  };

  static constexpr auto network = [] {
    constexpr auto rest = repeat<Blocks>(block{}) | layer_norm | linear<Tokens, no_bias>;
    if constexpr (Dropout)
      return embedding{} | dropout<0.1> | rest;
    else
      return embedding{} | rest;
  }();
};

}  // namespace networks
