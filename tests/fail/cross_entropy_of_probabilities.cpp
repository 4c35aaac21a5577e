// SPDX-License-Identifier: MIT
// expect: the labels must be int32 indices in the shape of the logits without their last axis
// expect: basic_value<float, 8, 10>.*basic_value<int, 8>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = linear<16> | relu | linear<10>;

#ifdef ASHLAR_TWIN
constexpr auto plan = training_plan(network, input<4>, cross_entropy, sgd{}, batch<8>);
#else
constexpr auto plan = training_plan(network, input<4>, target<float, 10>, cross_entropy, sgd{}, batch<8>);
#endif
