// SPDX-License-Identifier: MIT
// expect: two inputs, or two outputs, two losses or two targets, have one name
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
#define NAME "value"
#else
#define NAME "digit"
#endif
inline constexpr auto network = [](auto x) { return outputs(named<"digit">(linear<3>(x)), named<NAME>(linear<1>(x))); };

auto net = model(network, input<4>, cpu, seed{1});
