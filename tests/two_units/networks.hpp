// SPDX-License-Identifier: MIT
// The networks of tests/user_program.cpp in a header, as a program of several units keeps them.
#pragma once

#include <ashlar/anywhere.hpp>

namespace networks {

using namespace ashlar;

inline constexpr auto digits =
    conv2d<16, 3> | relu | max_pool2d<2> | dropout<0.25> | flatten | linear<32> | tanh | linear<10>;

inline constexpr auto swish = [](auto x) { return x * sigmoid(x); };
inline constexpr auto block = [](auto x) { return x + (linear<64> | swish | layer_norm | linear<64>)(x); };
inline constexpr auto deep = linear<64> | repeat<3>(block) | named<"head">(linear<10>);

inline constexpr auto energy = [](auto x, auto w) { return sum(square(tanh(matmul(x, w)))); };
inline constexpr auto slope = grad<1>(energy);

inline constexpr auto penalised = [](auto net, auto x, auto label) {
  auto loss = [=](auto image) { return cross_entropy(net(image), label); };
  return loss(x) + 0.01f * sum(square(grad<0>(loss)(x)));
};

}  // namespace networks

using digits_model =
    decltype(ashlar::model(networks::digits, ashlar::input<1, 8, 8>, ashlar::anywhere, ashlar::seed{7}));
using deep_model = decltype(ashlar::model(networks::deep, ashlar::input<16>, ashlar::cpu, ashlar::seed{1}));

/// Trains in the other unit, and measures there.
double train_and_measure(digits_model& net, char const* csv);

/// How many parameters the other unit sees.
long long count_parameters(deep_model const& net);

/// One element of a gradient, computed in the other unit.
float slope_elsewhere();
