// SPDX-License-Identifier: MIT
// expect: the window of this layer is larger than its padded input
// expect: window_larger_than_image<3, 1, .*conv2d_layer<8, 3>.*got<8, 1, 1>.*layer_path<.*index<2>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = conv2d<8, 5> | max_pool2d<2> | conv2d<8, 3, padding<1>>;
#else
inline constexpr auto network = conv2d<8, 5> | max_pool2d<2> | conv2d<8, 3>;
#endif

auto net = model(network, input<1, 6, 6>, cpu, seed{1});
