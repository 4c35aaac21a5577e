// SPDX-License-Identifier: MIT
// expect: permute and transpose: the batch must stay axis 0
// expect: at_line<(11|13)>.*layer_path<.*index<1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network =
    linear<3> | [](auto x) { return matmul(x, broadcast_to<3, 3>(mean_keep(x, axes<-1, -2>))); };
#else
inline constexpr auto network = linear<3> | [](auto x) { return matmul(x, transpose(x)); };
#endif

auto net = model(network, input<16>, cpu, seed{1});
