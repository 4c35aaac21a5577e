// SPDX-License-Identifier: MIT
// expect: losses without names are those of all outputs in their order
// expect: losses_without_names<1, 2>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) {
  auto h = linear<4>(a) + linear<4>(b);
  return outputs(named<"digit">(linear<3>(h)), named<"value">(linear<1>(h)));
};
auto net = model(network, inputs(named<"image">(input<6>), named<"meta">(input<4>)), cpu, seed{1});

#ifdef ASHLAR_TWIN
auto t = make_trainer(net, losses(cross_entropy, mse), sgd{}, batch<8>);
#else
auto t = make_trainer(net, losses(cross_entropy), sgd{}, batch<8>);
#endif
