// SPDX-License-Identifier: MIT
// expect: linear<N>: the input must be flat
// expect: linear_layer<8>.*got<8, 6, 6>.*needs<288>.*layer_path<.*index<1>, .*iteration, .*index<1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto block = [](auto x) { return x + (relu | conv2d<8, 3, padding<1>>)(x); };
#else
inline constexpr auto block = [](auto x) { return x + (relu | linear<8>)(x); };
#endif

inline constexpr auto network = conv2d<8, 3> | repeat<2>(block) | flatten | linear<10>;
auto net = model(network, input<1, 8, 8>, cpu, seed{1});
