// SPDX-License-Identifier: MIT
// expect: model takes \(network, input, policy, seed\)
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
constexpr auto features = input<16>;
#else
constexpr int features = 16;
#endif

auto net = model(linear<4>, features, cpu, seed{1});
