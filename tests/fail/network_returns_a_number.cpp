// SPDX-License-Identifier: MIT
// expect: a network returns a value, outputs\(...\) of values
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = [](auto x) { return mean(x, axes<1>); };
#else
inline constexpr auto network = [](auto) { return 1.0f; };
#endif

auto net = model(network, input<4>, cpu, seed{1});
