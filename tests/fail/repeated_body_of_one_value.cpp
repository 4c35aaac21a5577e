// SPDX-License-Identifier: MIT
// expect: the body must be callable with x and each further value
// expect: layer_path<.*index<1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
constexpr auto add = [](auto h, auto c) { return tanh(h + c); };
#else
constexpr auto add = [](auto h) { return tanh(h); };
#endif
inline constexpr auto network = linear<4> | [](auto x) { return repeat<3>(add)(x, sigmoid(x)); };

auto net = model(network, input<16>, cpu, seed{1});
