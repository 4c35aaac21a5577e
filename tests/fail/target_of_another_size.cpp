// SPDX-License-Identifier: MIT
// expect: the dataset's targets are not what the objective takes
// expect: basic_value<float, 8, 2>.*basic_value<float, 8, 3>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto const train = read_csv<4>("train.csv", target<float, 3>);
#else
auto const train = read_csv<4>("train.csv", target<float, 2>);
#endif

auto net = model(linear<3>, input<4>, cpu, seed{1});
auto result = fit(net, train, train, mse, adam{}, batch<8>);
