// SPDX-License-Identifier: MIT
// expect: dtype and their axes after the first must be those of the objective
// expect: tensor<float, 5, 2>.*tensor<float, 5, 3>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

auto net = model(linear<3>, input<4>, target<float, 3>, cpu, seed{1});
auto t = make_trainer(net, mse, sgd{}, batch<8>);
tensor<float, 5, 4> samples;

#ifdef ASHLAR_TWIN
tensor<float, 5, 3> targets;
#else
tensor<float, 5, 2> targets;
#endif

float loss = t.step(samples, targets);
