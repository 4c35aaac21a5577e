// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>

#include "support/step_proof.hpp"

/// Networks that tests of the whole pipeline share: every layer, loops, loops within loops, gradients of gradients.
namespace proof {

inline constexpr auto image_network = conv2d<4, 3, padding<1>> | batch_norm | relu | max_pool2d<2> | dropout<0.25> |
                                      flatten | linear<8> | tanh | linear<5>;
inline constexpr auto residual_block = [](auto x) { return x + (linear<6> | tanh | dropout<0.5> | layer_norm)(x); };
inline constexpr auto inner_loop = linear<6> | repeat<2>(linear<6> | tanh);
inline constexpr auto loop_network =
    linear<6> | repeat<3>(residual_block) | repeat<2>(inner_loop) | batch_norm | linear<2>;
inline constexpr auto small_network = linear<4> | batch_norm | tanh | dropout<0.25> | linear<3>;
inline constexpr auto penalised_entropy = [](auto net, auto x, auto label) {
  auto loss = [=](auto v) { return cross_entropy(net(v), label); };
  return loss(x) + 0.1f * sum(square(grad<0>(loss)(x)));
};

template <class T, int Batch>
using image_step = typename step_of<T, std::remove_cvref_t<decltype(image_network)>, input_type<float, 2, 6, 5>,
                                    cross_entropy_loss, adam, Batch>::recorder;
template <class T, int Batch>
using loop_step = typename step_of<T, std::remove_cvref_t<decltype(loop_network)>, input_type<float, 3>, mse_loss, sgd,
                                   Batch>::recorder;
template <class T, int Batch>
using penalised_step = typename step_of<T, std::remove_cvref_t<decltype(small_network)>, input_type<float, 3>,
                                        std::remove_cvref_t<decltype(penalised_entropy)>, sgd, Batch>::recorder;

}  // namespace proof
