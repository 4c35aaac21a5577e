// SPDX-License-Identifier: MIT
// expect: basic_dataset<...> have one input and one target: where there are several, make a tensor_dataset of columns
// expect: Inputs = 2|has_all<2
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) { return linear<3>(a) + linear<3>(b); };
inline constexpr auto one = [](auto a) { return linear<3>(a); };
dataset<4> data;

#ifdef ASHLAR_TWIN
auto net = model(one, input<4>, cpu, seed{1});
#else
auto net = model(network, inputs(input<4>, input<4>), cpu, seed{1});
#endif

double share = accuracy(net, data);
