// SPDX-License-Identifier: MIT
// expect: losses: the network has no output of this name
// expect: layer_name<'d', 'i', 'g', 'i', 't', 's'
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) {
  auto h = linear<4>(a) + linear<4>(b);
  return outputs(named<"digit">(linear<3>(h)), named<"value">(linear<1>(h)));
};
auto net = model(network, inputs(named<"image">(input<6>), named<"meta">(input<4>)), cpu, seed{1});

#ifdef ASHLAR_TWIN
auto t = make_trainer(net, losses(named<"digit">(cross_entropy), named<"value">(mse)), sgd{}, batch<8>);
#else
auto t = make_trainer(net, losses(named<"digits">(cross_entropy), named<"value">(mse)), sgd{}, batch<8>);
#endif
