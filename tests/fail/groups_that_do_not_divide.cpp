// SPDX-License-Identifier: MIT
// expect: groups<N>: N must divide the channels of the input and of the result
// expect: channels_of_other_groups<6, 4, .*conv2d_layer<8, 3, .*layer_path<.*index<1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = conv2d<6, 1> | conv2d<8, 3, groups<2>>;
#else
inline constexpr auto network = conv2d<6, 1> | conv2d<8, 3, groups<4>>;
#endif

auto net = model(network, input<1, 8, 8>, cpu, seed{1});
