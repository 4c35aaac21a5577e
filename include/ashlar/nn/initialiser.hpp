// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/nn/constant_number.hpp>
#include <ashlar/nn/layer.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// A factor of the numbers that weights begin with.
template <constant_number Value>
struct gain_option {};
/// The option.
template <constant_number Value>
inline constexpr gain_option<Value> gain{};
/// Kaiming's initialisers by how many outputs an input meets: keeps the size of gradients instead of values.
struct fan_out_option {};
/// The option.
inline constexpr fan_out_option fan_out;

namespace detail {

/// Numbers whose deviation is Gain divided by the root of a layer's fan.
template <initialiser::kind_type Kind, initial_rule::fan_type Fan, constant_number Gain>
struct scaled_numbers {
  static constexpr initial_rule rule{
      {Kind, Kind == initialiser::uniform ? Gain.value() * square_root(3) : Gain.value()}, Fan, true};

  template <constant_number Other>
  constexpr scaled_numbers<Kind, Fan, Other> with(gain_option<Other>) const {
    return {};
  }
  constexpr scaled_numbers<Kind, initial_rule::out, Gain> with(fan_out_option) const
      requires(Fan != initial_rule::average) {
    return {};
  }
};
template <initialiser::kind_type Kind, constant_number Scale, constant_number Centre>
struct plain_numbers {
  static constexpr initial_rule rule{{Kind, Scale.value(), Centre.value()}, initial_rule::none, true};
};
template <constant_number Gain>
struct orthogonal_numbers : plain_numbers<initialiser::orthogonal, Gain, 0> {
  template <constant_number Other>
  constexpr orthogonal_numbers<Other> with(gain_option<Other>) const {
    return {};
  }
};
struct usual_numbers {
  static constexpr initial_rule rule{};
};
inline constexpr double root_of_two = square_root(2);

}  // namespace detail

/// Kaiming's numbers for layers before a relu: their deviation is sqrt(2 / fan_in); .with(gain<1>) for another factor
/// than sqrt(2), .with(fan_out) for the other fan.
/// source: He, Zhang, Ren, Sun, arXiv:1502.01852; torch.nn.init.kaiming_normal_
inline constexpr detail::scaled_numbers<detail::initialiser::normal, detail::initial_rule::in, detail::root_of_two>
    kaiming_normal;
/// The same deviation, of uniform numbers.
inline constexpr detail::scaled_numbers<detail::initialiser::uniform, detail::initial_rule::in, detail::root_of_two>
    kaiming_uniform;

/// Xavier's numbers for layers before a tanh: their deviation is sqrt(2 / (fan_in + fan_out)); .with(gain<5>) scales.
/// source: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010
inline constexpr detail::scaled_numbers<detail::initialiser::normal, detail::initial_rule::average, 1> xavier_normal;
/// The same deviation, of uniform numbers.
inline constexpr detail::scaled_numbers<detail::initialiser::uniform, detail::initial_rule::average, 1> xavier_uniform;

/// Orthonormal rows, or columns where those are fewer, of the weight as a matrix of its first extent's rows;
/// .with(gain<2>) scales.
/// source: Saxe, McClelland, Ganguli, arXiv:1312.6120
inline constexpr detail::orthogonal_numbers<1> orthogonal;

/// One number everywhere.
template <constant_number Value>
inline constexpr detail::plain_numbers<detail::initialiser::constant, Value, 0> initial_constant{};
/// Uniform numbers from Low to High.
template <constant_number Low, constant_number High>
inline constexpr detail::plain_numbers<detail::initialiser::uniform, (High.value() - Low.value()) / 2,
                                       (High.value() + Low.value()) / 2>
    initial_uniform;
/// Normal numbers.
template <constant_number Deviation, constant_number Mean = 0>
inline constexpr detail::plain_numbers<detail::initialiser::normal, Deviation, Mean> initial_normal{};

}  // namespace ashlar::inline ASHLAR_ABI
