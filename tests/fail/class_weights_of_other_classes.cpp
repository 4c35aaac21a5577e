// SPDX-License-Identifier: MIT
// expect: there must be a weight for each class
// expect: class_weights_do_not_fit<2, 3>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto loss = cross_entropy.with(class_weights<1, 2, 1>);
#else
inline constexpr auto loss = cross_entropy.with(class_weights<1, 2>);
#endif

constexpr auto plan = training_plan(linear<3>, input<4>, loss, sgd{}, batch<8>);
