// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/initialiser.hpp>

namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// What the wrapper of a layer says of it to the chain around it.
template <class Layer>
struct said_of {};
template <class Layer>
requires requires { typename Layer::step; }
struct said_of<Layer> {
  using step = typename Layer::step;
  static constexpr int path(graph& g) { return Layer::path(g); }
};

/// Rules in force for a lifetime.
class scoped_rules {
 public:
  constexpr scoped_rules(graph& g, initial_rule const& weight, initial_rule const& bias) : g_(g), before_(g.initial) {
    if (weight.given) g.initial.weight = weight;
    if (bias.given) g.initial.bias = bias;
  }
  scoped_rules(scoped_rules const&) = delete;
  scoped_rules& operator=(scoped_rules const&) = delete;
  constexpr ~scoped_rules() { g_.initial = before_; }

 private:
  graph& g_;
  initial_rules before_;
};

template <class Layer, class Weights, class Biases>
struct initialised_layer : layer_base, said_of<Layer> {
  static_assert(std::is_empty_v<Layer>, "ashlar: initialised(layer, ...): the layer must not hold run-time state");

  template <class X>
  static constexpr auto check(X const& x) {
    return complaint_of(Layer{}, x);
  }
  template <class X>
  static constexpr auto apply(X x) {
    scoped_rules const rules(*x.g, Weights::rule, Biases::rule);
    return call_inside(Layer{}, x);
  }
  template <class X>
  constexpr auto operator()(X given) const {
    if constexpr (any_misfit<X>) {
      return given;
    } else {
      takes_values<X>();
      X const x = brought_in(given);
      located const here(*x.g, x.at);
      scoped_rules const rules(*x.g, Weights::rule, Biases::rule);
      if constexpr (any_layer<Layer>)
        return placed(Layer{}(unplaced(x)));
      else
        return placed(call_user(*x.g, Layer{}, x));
    }
  }
};

struct initialised_with {
  template <class Layer, class Weights, class Biases = usual_numbers>
  constexpr initialised_layer<Layer, Weights, Biases> operator()(Layer const&, Weights const&,
                                                                 Biases const& = {}) const {
    return {};
  }
  template <class... L, class Weights, class Biases = usual_numbers>
  constexpr chain<initialised_layer<L, Weights, Biases>...> operator()(chain<L...> const&, Weights const&,
                                                                       Biases const& = {}) const {
    return {};
  }
};

}  // namespace detail

/// initialised(layer, weights) or initialised(layer, weights, biases): the layers inside begin with other numbers than
/// PyTorch's usual ones. Weights are the parameters of two axes and more; biases those of that name. Names of
/// parameters stay what they are; the innermost of several counts.
/// example: initialised(linear<64> | relu | linear<10>, kaiming_normal, initial_constant<0>)
inline constexpr detail::initialised_with initialised;

}  // namespace ashlar::inline ASHLAR_ABI
