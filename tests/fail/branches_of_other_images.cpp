// SPDX-License-Identifier: MIT
// expect: all operands must share a dtype and all extents but that of concat's axis
// expect: basic_value<float, 1, 4, 6, 6>.*basic_value<float, 1, 8, 8, 8>.*layer_path<.*index<1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = relu | branches<1>(conv2d<4, 3, padding<1>>, conv2d<8, 1>);
#else
inline constexpr auto network = relu | branches<1>(conv2d<4, 3>, conv2d<8, 1>);
#endif

auto net = model(network, input<1, 8, 8>, cpu, seed{1});
