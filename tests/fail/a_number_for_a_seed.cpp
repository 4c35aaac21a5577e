// SPDX-License-Identifier: MIT
// expect: a seed and not 7
// expect: input_type<float, 16>.*cpu_policy<>, int
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto net = model(linear<4>, input<16>, cpu, seed{7});
#else
auto net = model(linear<4>, input<16>, cpu, 7);
#endif
