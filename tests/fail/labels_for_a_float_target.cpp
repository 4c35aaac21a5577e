// SPDX-License-Identifier: MIT
// expect: a dataset's targets are int32 labels; this objective takes another target: step it with
// expect: tensor<float, 3>.*tensor<int>
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
