// SPDX-License-Identifier: MIT
// expect: must be fewer than 2\^31 numbers
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = linear<46000> | linear<10>;
#else
inline constexpr auto network = linear<47000> | linear<10>;
#endif

constexpr auto plan = training_plan(network, input<46000>, cross_entropy, sgd{}, batch<2>);
