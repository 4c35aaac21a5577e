// SPDX-License-Identifier: MIT
// expect: model takes \(network, input, policy, seed\)
// expect: input_type<float, 16>.*cpu_policy
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto net = model(linear<4>, input<16>, cpu, seed{1});
#else
auto net = model(linear<4>, input<16>, cpu);
#endif
