// SPDX-License-Identifier: MIT
// expect: sum_of\(layers...\): the layers must return values of one shape and dtype
// expect: basic_value<float, 1, 4>.*basic_value<float, 1, 3>.*layer_path<.*index<0>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = sum_of(linear<4>, linear<4>) | relu;
#else
inline constexpr auto network = sum_of(linear<4>, linear<3>) | relu;
#endif

auto net = model(network, input<2>, cpu, seed{1});
