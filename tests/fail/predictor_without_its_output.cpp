// SPDX-License-Identifier: MIT
// expect: a predictor is called with a tensor for each input in their order, then one for each output
#include <ashlar/ashlar.hpp>
using namespace ashlar;

auto net = model(linear<10>, input<4>, cpu, seed{1});
predictor<decltype(net), 5> p(net);
tensor<float, 5, 4> samples;
#ifdef ASHLAR_TWIN
tensor<float, 5, 10> results;
#else
tensor<float, 5, 11> results;
#endif

void run() { p(samples, results); }
