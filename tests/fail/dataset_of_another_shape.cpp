// SPDX-License-Identifier: MIT
// expect: the dataset's samples and the network's input differ in size
// expect g++: InSample = 64; .*InInput = 49; .*dataset<.*, 1, 8, 8>.*input_type<float, 1, 7, 7>
// expect clang: 64L?, 49L?, .*dataset<.*, 1, 8, 8>.*input_type<float, 1, 7, 7>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

dataset<1, 8, 8> train, valid;

#ifdef ASHLAR_TWIN
auto net = model(flatten | linear<10>, input<1, 8, 8>, cpu, seed{1});
#else
auto net = model(flatten | linear<10>, input<1, 7, 7>, cpu, seed{1});
#endif

auto result = fit(net, train, valid, cross_entropy, adam{}, batch<8>);
