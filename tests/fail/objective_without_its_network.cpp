// SPDX-License-Identifier: MIT
// expect: the objective must call the network, and hold no layers of its own
// expect: objective_without_its_network<15, 20>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

auto net = model(linear<4>, input<4>, cpu, seed{1});

#ifdef ASHLAR_TWIN
inline constexpr auto objective = [](auto net, auto x, auto label) { return cross_entropy(net(x), label); };
#else
inline constexpr auto objective = [](auto, auto x, auto label) { return cross_entropy(linear<3>(x), label); };
#endif

auto t = make_trainer(net, objective, sgd{}, batch<8>);
