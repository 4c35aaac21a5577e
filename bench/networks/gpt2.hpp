// SPDX-License-Identifier: MIT
#pragma once
#include "gpt.hpp"

namespace networks {

/// GPT-2 as it was published, without dropout: the head's weights are the embedding's, the GELU is that by tanh. Of
/// 12 blocks, width 768, 12 heads, context 1024 and 50257 tokens it has 124,439,808 parameters.
/// shape: int32 [batch, Context] -> [batch, Context, Tokens]
/// source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019
template <int Blocks, int Width, int Heads, int Context, int Tokens>
struct gpt2 {
  struct block {
    template <class V>
    constexpr V operator()(V x) const {
      using attention = typename gpt<Blocks, Width, Heads, Context, Tokens, false>::attention;
      auto y = x + named<"attn">(layer_norm | attention{})(x);
      return y + named<"mlp">(layer_norm | linear<4 * Width> | gelu.with(tanh_approximation) | linear<Width>)(y);
    }
  };
  struct network_type {
    template <int Batch>
    constexpr auto operator()(basic_value<std::int32_t, Batch, Context> ids) const {
      auto words = parameter<"wte", float, Tokens, Width>(ids, initial_normal<0.02>);
      auto places = parameter<"wpe", float, Context, Width>(ids, initial_normal<0.02>);
      auto states = named<"h">(repeat<Blocks>(block{}) | layer_norm)(take(words, ids) + places);
      auto scores = matmul(reshape<Batch * Context, Width>(states), permute<1, 0>(words));
      return reshape<Batch, Context, Tokens>(scores);
    }
  };
  static constexpr network_type network{};
};

}  // namespace networks
