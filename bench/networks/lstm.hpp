// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>

namespace networks {

using namespace ashlar;

/// A layer of long short-term memory, written out step by step, and a dense layer on its last state.
/// shape: [batch, Steps, Inputs] -> [batch, Classes]
/// source: Hochreiter, Schmidhuber, "Long short-term memory", 1997; torch.nn.LSTM
template <int Steps, int Inputs, int Width, int Classes>
struct lstm {
  static constexpr int gates = 4 * Width;  // input, forget, cell, output

  struct memory {
    template <int Batch>
    constexpr auto operator()(value<Batch, Steps, Inputs> x) const {
      auto from_input = parameter<"weight_ih_l0", float, gates, Inputs>(x, initial_constant<0.0>);
      auto from_state = parameter<"weight_hh_l0", float, gates, Width>(x, initial_constant<0.0>);
      auto bias_of_input = parameter<"bias_ih_l0", float, gates>(x, initial_constant<0.0>);
      auto bias_of_state = parameter<"bias_hh_l0", float, gates>(x, initial_constant<0.0>);
      // what does not wait for the state is one product: [batch * Steps, Inputs] by [Inputs, gates]
      auto driven = matmul(reshape<Batch * Steps, Inputs>(x), transpose(from_input)) + (bias_of_input + bias_of_state);
      auto weight = transpose(from_state);
      return steps<0>(reshape<Batch, Steps, gates>(driven), weight, nothing{}, nothing{});
    }

   private:
    struct nothing {};  // the state before the first step is 0

    template <int Batch, int From>
    static constexpr auto gate(value<Batch, gates> all) {
      return slice<-1, From * Width, (From + 1) * Width>(all);
    }
    template <int Step, int Batch, class W, class H, class C>
    static constexpr auto steps(value<Batch, Steps, gates> driven, W weight, H h, C c) {
      auto all = reshape<Batch, gates>(slice<1, Step, Step + 1>(driven));
      if constexpr (Step > 0) all = all + matmul(h, weight);
      auto fresh = sigmoid(gate<Batch, 0>(all)) * tanh(gate<Batch, 2>(all));
      auto kept = [&] {
        if constexpr (Step > 0)
          return sigmoid(gate<Batch, 1>(all)) * c + fresh;
        else
          return fresh;
      }();
      auto state = sigmoid(gate<Batch, 3>(all)) * tanh(kept);
      if constexpr (Step + 1 < Steps)
        return steps<Step + 1>(driven, weight, state, kept);
      else
        return state;
    }
  };

  static constexpr auto network = memory{} | linear<Classes>;
};

}  // namespace networks
