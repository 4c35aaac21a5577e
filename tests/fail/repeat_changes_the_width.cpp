// SPDX-License-Identifier: MIT
// expect: repeat<N>\(layer\): the layer must return what it takes
// expect: got<32>.*needs<64>.*linear_layer<32>.*layer_path<.*index<1>, .*iteration
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = linear<64> | repeat<3>(linear<64>);
#else
inline constexpr auto network = linear<64> | repeat<3>(linear<32>);
#endif

auto net = model(network, input<16>, cpu, seed{1});
