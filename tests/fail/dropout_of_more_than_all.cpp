// SPDX-License-Identifier: MIT
// expect: dropout<p>: p is the share that is dropped, 0 <= p < 1
// expect: dropout_of_no_share<150>.*layer_path<.*index<2>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = linear<8> | relu | dropout<0.5> | linear<10>;
#else
inline constexpr auto network = linear<8> | relu | dropout<1.5> | linear<10>;
#endif

auto net = model(network, input<4>, cpu, seed{1});
