// SPDX-License-Identifier: MIT
// expect: at most two loops in each other
// expect: layer_path<.*index<0>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = repeat<2>(repeat<2>(linear<16>));
#else
inline constexpr auto network = repeat<2>(repeat<2>(repeat<2>(linear<16>)));
#endif

auto net = model(network, input<16>, cpu, seed{1});
