// SPDX-License-Identifier: MIT
// expect: an objective must return a single number; use mean or sum
// expect: objective_of_many_numbers<32, .*basic_value<float, 8, 4>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

auto net = model(linear<4>, input<4>, cpu, seed{1});

#ifdef ASHLAR_TWIN
inline constexpr auto spread = [](auto net, auto x, auto) { return mean(square(net(x))); };
#else
inline constexpr auto spread = [](auto net, auto x, auto) { return square(net(x)); };
#endif

auto t = make_trainer(net, spread, sgd{}, batch<8>);
