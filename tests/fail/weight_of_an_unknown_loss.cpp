// SPDX-License-Identifier: MIT
// expect: there is no loss of this name
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) {
  auto h = linear<4>(a) + linear<4>(b);
  return outputs(named<"digit">(linear<3>(h)), named<"value">(linear<1>(h)));
};
auto net = model(network, inputs(named<"image">(input<6>), named<"meta">(input<4>)), cpu, seed{1});
auto t = make_trainer(net, losses(named<"digit">(cross_entropy), named<"value">(mse)), sgd{}, batch<8>);

#ifdef ASHLAR_TWIN
float& weight = t.loss_weight<"value">();
#else
float& weight = t.loss_weight<"values">();
#endif
