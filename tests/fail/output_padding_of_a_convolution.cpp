// SPDX-License-Identifier: MIT
// expect: conv2d<Out, Kernel, options...>: the options are
// expect: output_padding
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto net = conv2d<4, 3, stride<2>> | flatten | linear<2>;
#else

inline constexpr auto net = conv2d<4, 3, output_padding<1>> | flatten | linear<2>;
#endif

auto m = model(net, input<1, 8, 8>, cpu, seed{1});
