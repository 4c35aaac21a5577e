// SPDX-License-Identifier: MIT
// expect: the window of this layer is larger than its padded input
// expect: window_larger_than_image<2, 1, .*max_pool2d_layer<2>.*got<4, 6, 1>.*layer_path<.*index<1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto wide = input<1, 8, 4>;
#else
inline constexpr auto wide = input<1, 8, 3>;
#endif

auto net = model(conv2d<4, 3> | max_pool2d<2>, wide, cpu, seed{1});
