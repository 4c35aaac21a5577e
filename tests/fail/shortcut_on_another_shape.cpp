// SPDX-License-Identifier: MIT
// expect: linear<N>: the input must be flat
// expect: layer_path<.*index<0>, .*layer_name<'s', 'h', 'o', 'r', 't', 'c', 'u', 't'>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = residual(conv2d<4, 3> | flatten, flatten | linear<144>) | relu;
#else
inline constexpr auto network = residual(conv2d<4, 3> | flatten, linear<144>) | relu;
#endif

auto net = model(network, input<1, 8, 8>, cpu, seed{1});
