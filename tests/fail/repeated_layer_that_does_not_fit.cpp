// SPDX-License-Identifier: MIT
// expect: a window of this layer has no element of its input, only padding
// expect: window_in_the_padding<0, 1, .*max_pool1d_layer<2, .*layer_path<.*index<1>, .*iteration
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto lines = input<1, 4>;
#else
inline constexpr auto lines = input<1, 3>;
#endif

auto net = model(conv1d<4, 3> | repeat<2>(max_pool1d<2, dilation<2>, padding<1>, stride<1>>), lines, cpu, seed{1});
