// SPDX-License-Identifier: MIT
// expect: the body must be callable with x and each further value
// expect: layer_path<.*index<1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = linear<4> | repeat<3>([](auto h) { return tanh(h + 1); });
#else
inline constexpr auto network = linear<4> | repeat<3>([](auto h, auto c) { return tanh(h + c); });
#endif

auto net = model(network, input<16>, cpu, seed{1});
