// SPDX-License-Identifier: MIT
// expect: a network must not hold run-time state.*captures something
// expect: is_empty_v<
#include <ashlar/ashlar.hpp>
using namespace ashlar;

float factor = 2;

#ifdef ASHLAR_TWIN
auto network = linear<4> | repeat<2>([](auto x) { return x * 2.0f; });
#else
auto network = linear<4> | repeat<2>([f = factor](auto x) { return x * f; });
#endif

auto net = model(network, input<4>, cpu, seed{1});
