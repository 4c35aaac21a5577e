// SPDX-License-Identifier: MIT
// expect: 2d convolutions and pooling take images: 3 axes, \[channels, height, width\], after the batch
// expect: adaptive_avg_pool2d_layer<2, 2>.*got<64>.*layer_path<.*index<1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = adaptive_avg_pool2d<2> | flatten;
#else
inline constexpr auto network = flatten | adaptive_avg_pool2d<2>;
#endif

constexpr auto plan = training_plan(network, input<1, 8, 8>, cross_entropy, sgd{}, batch<4>);
