// SPDX-License-Identifier: MIT
// expect: predict: the axes of the tensor after the first must be the network's input
// expect: basic_value<float, 5, 6>.*basic_value<float, 5, 4>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

auto net = model(linear<10>, input<4>, cpu, seed{1});

#ifdef ASHLAR_TWIN
tensor<float, 5, 4> samples;
#else
tensor<float, 5, 6> samples;
#endif

auto outputs = predict(net, samples);
