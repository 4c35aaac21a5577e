// SPDX-License-Identifier: MIT
// expect: residual\(layer\): the layer must return what it takes
// expect: residual_of_two_shapes<.*basic_value<float, 1, 32>, .*basic_value<float, 1, 64>.*layer_path<.*index<1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = linear<64> | residual(relu | linear<32>, linear<32>);
#else
inline constexpr auto network = linear<64> | residual(relu | linear<32>);
#endif

auto net = model(network, input<16>, cpu, seed{1});
