// SPDX-License-Identifier: MIT
// expect: 1d convolutions and pooling take lines
// expect: conv1d_layer<8, 3>.*got<1, 8, 8>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto net = model(conv2d<8, 3>, input<1, 8, 8>, cpu, seed{1});
#else
auto net = model(conv1d<8, 3>, input<1, 8, 8>, cpu, seed{1});
#endif
