// SPDX-License-Identifier: MIT
// expect: where there is no target, give no_target after the model's input
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto objective = [](auto net, auto x) { return mean(net(x)); };

#ifdef ASHLAR_TWIN
auto net = model(linear<3>, input<4>, no_target, cpu, seed{1});
#else
auto net = model(linear<3>, input<4>, cpu, seed{1});
#endif

auto t = make_trainer(net, objective, sgd{}, batch<8>);
