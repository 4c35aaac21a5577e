// SPDX-License-Identifier: MIT
// expect: 2d convolutions and pooling take images: 3 axes, \[channels, height, width\], after the batch
// expect: conv2d_layer<8, 3>.*got<64>.*layer_path<.*index<1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = conv2d<8, 3> | flatten;
#else
inline constexpr auto network = flatten | conv2d<8, 3>;
#endif

constexpr auto plan = training_plan(network, input<1, 8, 8>, cross_entropy, sgd{}, batch<4>);
