// SPDX-License-Identifier: MIT
// expect: the network is a function of another number of values than the model has inputs
// expect: network_of_other_inputs<1
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) { return linear<3>(a) + linear<3>(b); };

#ifdef ASHLAR_TWIN
auto net = model(network, inputs(input<4>, input<2>), cpu, seed{1});
#else
auto net = model(network, input<4>, cpu, seed{1});
#endif
