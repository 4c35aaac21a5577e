// SPDX-License-Identifier: MIT
// expect: targets\(...\) states a target for each loss in their order
// expect: targets_of_other_losses<0, 1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) {
  auto h = linear<4>(a) + linear<4>(b);
  return outputs(named<"digit">(linear<3>(h)), named<"value">(linear<1>(h)));
};

#ifdef ASHLAR_TWIN
auto net = model(network, inputs(input<6>, input<4>), targets(named<"value">(target<float, 1>)), cpu, seed{1});
#else
auto net = model(network, inputs(input<6>, input<4>), targets(named<"size">(target<float, 1>)), cpu, seed{1});
#endif

auto t = make_trainer(net, losses(named<"digit">(cross_entropy), named<"value">(mse)), sgd{}, batch<8>);
