// SPDX-License-Identifier: MIT
// expect: broadcast_to stretches axis 0 to the extent of the batch
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto centre = [](auto y) { return y - mean_keep(y, axes<0>); };
#else
inline constexpr auto centre = [](auto y) { return y - broadcast_to<y.shape()[0], 3>(mean_keep(y, axes<0>)); };
#endif

inline constexpr auto energy = [](auto net, auto x) { return sum(square(centre(net(x)))); };
constexpr auto plan = training_plan(linear<3>, input<4>, no_target, energy, sgd{}, batch<8>);
