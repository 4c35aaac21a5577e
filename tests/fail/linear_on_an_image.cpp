// SPDX-License-Identifier: MIT
// expect: linear<N>: the input must be flat, \[batch, features\]; put `flatten` before it
// expect: linear_layer<10>.*got<16, 6, 6>.*needs<576>.*layer_path<.*index<2>
// expect g++: struct .*linear_needs_a_flat_input<3
// expect clang: 3 == 1
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = conv2d<16, 3> | relu | flatten | linear<10>;
#else
inline constexpr auto network = conv2d<16, 3> | relu | linear<10>;
#endif

auto net = model(network, input<1, 8, 8>, cpu, seed{1});
