// SPDX-License-Identifier: MIT
// expect: the dataset's samples and the network's input differ in size
// expect g++: InSample = 6; .*InInput = 4; .*dataset<.*, 6>.*input_type<float, 4>
// expect clang: 6L?, 4L?, .*dataset<.*, 6>.*input_type<float, 4>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

auto net = model(linear<10>, input<4>, cpu, seed{1});

#ifdef ASHLAR_TWIN
dataset<4> valid;
#else
dataset<6> valid;
#endif

auto share = accuracy(net, valid);
