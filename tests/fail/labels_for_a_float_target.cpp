// SPDX-License-Identifier: MIT
// expect: the dataset's targets are not what the objective takes: labels where none is given
// expect: basic_value<int, 8>.*basic_value<float, 8, 3>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

dataset<4> train;

#ifdef ASHLAR_TWIN
auto net = model(linear<3>, input<4>, cpu, seed{1});
auto t = make_trainer(net, cross_entropy, sgd{}, batch<8>);
#else
auto net = model(linear<3>, input<4>, target<float, 3>, cpu, seed{1});
auto t = make_trainer(net, mse, sgd{}, batch<8>);
#endif

float loss = t.step(batches(train, 8)[0]);
