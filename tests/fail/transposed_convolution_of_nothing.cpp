// SPDX-License-Identifier: MIT
// expect: this transposed convolution pads away all of its result
// expect: transposed_result_is_empty<0, 0, .*conv_transpose2d_layer<2, 3, .*got<1, 2, 2>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto net = model(conv_transpose2d<2, 3, padding<1>>, input<1, 2, 2>, cpu, seed{1});
#else
auto net = model(conv_transpose2d<2, 3, padding<2>>, input<1, 2, 2>, cpu, seed{1});
#endif
