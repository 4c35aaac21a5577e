// SPDX-License-Identifier: MIT
// expect: an objective must not hold run-time state.*Make it a lambda that captures nothing
// expect: is_stateless<
#include <ashlar/ashlar.hpp>
using namespace ashlar;

float weight = 2;
auto net = model(linear<4>, input<4>, cpu, seed{1});

#ifdef ASHLAR_TWIN
auto weighted = [](auto net, auto x, auto label) { return 2.0f * cross_entropy(net(x), label); };
#else
auto weighted = [w = weight](auto net, auto x, auto label) { return w * cross_entropy(net(x), label); };
#endif

auto t = make_trainer(net, weighted, sgd{}, batch<8>);
