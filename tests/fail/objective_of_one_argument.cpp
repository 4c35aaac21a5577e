// SPDX-License-Identifier: MIT
// expect: an objective takes \(network, input, target\)
#include <ashlar/ashlar.hpp>
using namespace ashlar;

auto net = model(linear<4>, input<4>, cpu, seed{1});

#ifdef ASHLAR_TWIN
inline constexpr auto objective = [](auto net, auto x, auto label) { return cross_entropy(net(x), label); };
#else
inline constexpr auto objective = [](auto outputs) { return sum(outputs); };
#endif

auto t = make_trainer(net, objective, sgd{}, batch<8>);
