// SPDX-License-Identifier: MIT
// expect: mse\(outputs, targets\): both must have one shape and dtype
// expect: basic_value<float, 8, 3>.*basic_value<float, 8, 10>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = linear<16> | relu | linear<10>;

#ifdef ASHLAR_TWIN
auto net = model(network, input<4>, target<float, 10>, cpu, seed{1});
#else
auto net = model(network, input<4>, target<float, 3>, cpu, seed{1});
#endif

auto t = make_trainer(net, mse, sgd{}, batch<8>);
