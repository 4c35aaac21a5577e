// SPDX-License-Identifier: MIT
// expect: linear<N>: the input must be flat
// expect: got<16, 6, 6>.*needs<576>.*layer_path<.*'h', 'e', 'a', 'd'
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = conv2d<16, 3> | flatten | named<"head">(linear<10>);
#else
inline constexpr auto network = conv2d<16, 3> | named<"head">(linear<10>);
#endif

auto net = model(network, input<1, 8, 8>, cpu, seed{1});
