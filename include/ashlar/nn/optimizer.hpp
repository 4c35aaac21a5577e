// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>

#include <ashlar/nn/exchange.hpp>

/// Optimizers: what people schedule is a member, a scalar of every step; `update` states the step as an expression
/// over all parameters at once. Its variants differ in the slots they keep; `variant` picks one when a trainer is made.
namespace ashlar::inline ASHLAR_ABI {
namespace detail {

/// What an optimizer's update sees: parameters, gradients and slots of one dense region, and its scalars. Each may be
/// assigned a new value.
template <class V, int Slots>
struct update_region {
  V parameters, gradients;
  V slot[Slots + 1];
  V const* scalar;
};

}  // namespace detail

/// Stochastic gradient descent, with momentum where it is not 0 when the trainer is made.
/// units: weight_decay adds weight_decay * parameter to the gradient
/// source: torch.optim.SGD
struct sgd {
  float learning_rate = 1e-2f;  ///< The length of a step.
  float momentum = 0;           ///< How much of the velocity stays; 0: there is none.
  float weight_decay = 0;       ///< How much of each parameter is added to its gradient.

  static constexpr int slots = 1;                                   ///< Regions like the parameters that it keeps.
  static constexpr char const* slot_names[] = {"momentum_buffer"};  ///< PyTorch's names of these regions.
  static constexpr int scalars = 3;                                 ///< Numbers that a step is given.
  static constexpr int variants = 2;                                ///< Updates that it may be.
  constexpr int variant() const { return momentum != 0 ? 1 : 0; }   ///< Which of them these members need.
  /// Writes the numbers that step `step`, counted from 1, is given.
  constexpr void write_scalars(std::int64_t, double* to) const {
    to[0] = learning_rate;
    to[1] = momentum;
    to[2] = weight_decay;
  }
  /// The step as an expression over a region of parameters.
  template <int Variant, class Region>
  static constexpr void update(Region& r) {
    auto gradient = r.gradients + r.parameters * r.scalar[2];
    if constexpr (Variant == 0) {
      r.parameters = r.parameters - gradient * r.scalar[0];
    } else {
      r.slot[0] = r.slot[0] * r.scalar[1] + gradient;
      r.parameters = r.parameters - r.slot[0] * r.scalar[0];
    }
  }
};

/// Stochastic gradient descent with Nesterov's momentum: it looks a step ahead along the velocity.
/// units: weight_decay adds weight_decay * parameter to the gradient
/// source: torch.optim.SGD with nesterov=True
struct nesterov {
  float learning_rate = 1e-2f;  ///< The length of a step.
  float momentum = 0.9f;        ///< How much of the velocity stays.
  float weight_decay = 0;       ///< How much of each parameter is added to its gradient.

  static constexpr int slots = 1;                                   ///< Regions like the parameters that it keeps.
  static constexpr char const* slot_names[] = {"momentum_buffer"};  ///< PyTorch's names of these regions.
  static constexpr int scalars = 3;                                 ///< Numbers that a step is given.
  static constexpr int variants = 1;                                ///< Updates that it may be.
  constexpr int variant() const { return 0; }                       ///< Which of them these members need.
  /// Writes the numbers that step `step`, counted from 1, is given.
  constexpr void write_scalars(std::int64_t, double* to) const {
    to[0] = learning_rate;
    to[1] = momentum;
    to[2] = weight_decay;
  }
  /// The step as an expression over a region of parameters.
  template <int Variant, class Region>
  static constexpr void update(Region& r) {
    auto gradient = r.gradients + r.parameters * r.scalar[2];
    r.slot[0] = r.slot[0] * r.scalar[1] + gradient;
    r.parameters = r.parameters - (gradient + r.slot[0] * r.scalar[1]) * r.scalar[0];
  }
};

/// RMSprop: the gradient divided by the root of its running mean square; with momentum where it is not 0 when the
/// trainer is made.
/// units: weight_decay adds weight_decay * parameter to the gradient
/// source: Hinton, lecture 6e of "Neural Networks for Machine Learning", 2012; torch.optim.RMSprop
struct rmsprop {
  float learning_rate = 1e-2f;  ///< The length of a step.
  float alpha = 0.99f;          ///< How much of the running mean stays.
  float epsilon = 1e-8f;        ///< Keeps a division by 0 away.
  float momentum = 0;           ///< How much of the velocity stays; 0: there is none.
  float weight_decay = 0;       ///< How much of each parameter is added to its gradient.

  static constexpr int slots = 2;  ///< Regions like the parameters that it keeps.
  static constexpr char const* slot_names[] = {"square_avg", "momentum_buffer"};  ///< PyTorch's names of these regions.
  static constexpr int scalars = 6;                                               ///< Numbers that a step is given.
  static constexpr int variants = 2;                                              ///< Updates that it may be.
  constexpr int variant() const { return momentum != 0 ? 1 : 0; }                 ///< Which of them these members need.
  /// Writes the numbers that step `step`, counted from 1, is given.
  constexpr void write_scalars(std::int64_t, double* to) const {
    to[0] = learning_rate;
    to[1] = alpha;
    to[2] = 1 - static_cast<double>(alpha);
    to[3] = epsilon;
    to[4] = momentum;
    to[5] = weight_decay;
  }
  /// The step as an expression over a region of parameters.
  template <int Variant, class Region>
  static constexpr void update(Region& r) {
    auto gradient = r.gradients + r.parameters * r.scalar[5];
    r.slot[0] = r.slot[0] * r.scalar[1] + square(gradient) * r.scalar[2];
    auto direction = gradient / (sqrt(r.slot[0]) + r.scalar[3]);
    if constexpr (Variant == 0) {
      r.parameters = r.parameters - direction * r.scalar[0];
    } else {
      r.slot[1] = r.slot[1] * r.scalar[4] + direction;
      r.parameters = r.parameters - r.slot[1] * r.scalar[0];
    }
  }
};

/// Adagrad: the gradient divided by the root of the sum of its squares so far; learning_rate_decay divides the rate by
/// 1 + learning_rate_decay * (steps before).
/// units: weight_decay adds weight_decay * parameter to the gradient
/// source: Duchi, Hazan, Singer, JMLR 12 (2011); torch.optim.Adagrad
struct adagrad {
  float learning_rate = 1e-2f;    ///< The length of a step.
  float learning_rate_decay = 0;  ///< How fast the rate falls.
  float epsilon = 1e-10f;         ///< Keeps a division by 0 away.
  float weight_decay = 0;         ///< How much of each parameter is added to its gradient.

  static constexpr int slots = 1;                       ///< Regions like the parameters that it keeps.
  static constexpr char const* slot_names[] = {"sum"};  ///< PyTorch's names of these regions.
  static constexpr int scalars = 3;                     ///< Numbers that a step is given.
  static constexpr int variants = 1;                    ///< Updates that it may be.
  constexpr int variant() const { return 0; }           ///< Which of them these members need.
  /// Writes the numbers that step `step`, counted from 1, is given.
  constexpr void write_scalars(std::int64_t step, double* to) const {
    to[0] = learning_rate / (1 + static_cast<double>(step - 1) * learning_rate_decay);
    to[1] = epsilon;
    to[2] = weight_decay;
  }
  /// The step as an expression over a region of parameters.
  template <int Variant, class Region>
  static constexpr void update(Region& r) {
    auto gradient = r.gradients + r.parameters * r.scalar[2];
    r.slot[0] = r.slot[0] + square(gradient);
    r.parameters = r.parameters - gradient / (sqrt(r.slot[0]) + r.scalar[1]) * r.scalar[0];
  }
};

namespace detail {

/// The numbers that Adam and AdamW share.
/// source: Kingma, Ba, arXiv:1412.6980
template <class Options>
void write_adam_scalars(Options const& o, std::int64_t step, double* to) {
  to[0] = o.learning_rate;
  to[1] = o.beta1;
  to[2] = 1 - static_cast<double>(o.beta1);
  to[3] = o.beta2;
  to[4] = 1 - static_cast<double>(o.beta2);
  to[5] = o.epsilon;
  to[6] = 1 / (1 - std::pow(static_cast<double>(o.beta1), static_cast<double>(step)));
  to[7] = 1 / (1 - std::pow(static_cast<double>(o.beta2), static_cast<double>(step)));
  to[8] = o.weight_decay;
}
inline constexpr int adam_scalars = 9;

template <class Region, class V>
constexpr V adam_direction(Region& r, V gradient) {
  auto const* s = r.scalar;
  r.slot[0] = r.slot[0] * s[1] + gradient * s[2];
  r.slot[1] = r.slot[1] * s[3] + square(gradient) * s[4];
  return r.slot[0] * s[6] / (sqrt(r.slot[1] * s[7]) + s[5]);
}

}  // namespace detail

/// Adam; weight_decay adds weight_decay * parameter to the gradient.
/// source: Kingma, Ba, arXiv:1412.6980; torch.optim.Adam
struct adam {
  float learning_rate = 1e-3f;  ///< The length of a step.
  float beta1 = 0.9f;           ///< How much of the mean gradient stays.
  float beta2 = 0.999f;         ///< How much of the mean square stays.
  float epsilon = 1e-8f;        ///< Keeps a division by 0 away.
  float weight_decay = 0;       ///< How much of each parameter is added to its gradient.

  static constexpr int slots = 2;  ///< Regions like the parameters that it keeps.
  static constexpr char const* slot_names[] = {"exp_avg", "exp_avg_sq"};  ///< PyTorch's names of these regions.
  static constexpr int scalars = detail::adam_scalars;                    ///< Numbers that a step is given.
  static constexpr int variants = 1;                                      ///< Updates that it may be.
  constexpr int variant() const { return 0; }                             ///< Which of them these members need.
  /// Writes the numbers that step `step`, counted from 1, is given.
  void write_scalars(std::int64_t step, double* to) const { detail::write_adam_scalars(*this, step, to); }
  /// The step as an expression over a region of parameters.
  template <int Variant, class Region>
  static constexpr void update(Region& r) {
    auto gradient = r.gradients + r.parameters * r.scalar[8];
    r.parameters = r.parameters - detail::adam_direction(r, gradient) * r.scalar[0];
  }
};

/// AdamW: weight decay beside the gradient, learning_rate * weight_decay * parameter.
/// source: Loshchilov, Hutter, arXiv:1711.05101; torch.optim.AdamW
struct adamw {
  float learning_rate = 1e-3f;  ///< The length of a step.
  float beta1 = 0.9f;           ///< How much of the mean gradient stays.
  float beta2 = 0.999f;         ///< How much of the mean square stays.
  float epsilon = 1e-8f;        ///< Keeps a division by 0 away.
  float weight_decay = 1e-2f;   ///< How much of each parameter a step of rate 1 takes away.

  static constexpr int slots = 2;  ///< Regions like the parameters that it keeps.
  static constexpr char const* slot_names[] = {"exp_avg", "exp_avg_sq"};  ///< PyTorch's names of these regions.
  static constexpr int scalars = detail::adam_scalars;                    ///< Numbers that a step is given.
  static constexpr int variants = 1;                                      ///< Updates that it may be.
  constexpr int variant() const { return 0; }                             ///< Which of them these members need.
  /// Writes the numbers that step `step`, counted from 1, is given.
  void write_scalars(std::int64_t step, double* to) const { detail::write_adam_scalars(*this, step, to); }
  /// The step as an expression over a region of parameters.
  template <int Variant, class Region>
  static constexpr void update(Region& r) {
    auto direction = detail::adam_direction(r, r.gradients);
    r.parameters = r.parameters * (1 - r.scalar[0] * r.scalar[8]) - direction * r.scalar[0];
  }
};

}  // namespace ashlar::inline ASHLAR_ABI
