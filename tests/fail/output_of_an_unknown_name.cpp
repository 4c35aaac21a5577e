// SPDX-License-Identifier: MIT
// expect: get<...>: the network has no output of this name
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) {
  auto h = linear<4>(a) + linear<4>(b);
  return outputs(named<"digit">(linear<3>(h)), named<"value">(linear<1>(h)));
};
auto net = model(network, inputs(named<"image">(input<6>), named<"meta">(input<4>)), cpu, seed{1});
auto predicted = predict(net, tensor<float, 5, 6>(), tensor<float, 5, 4>());

#ifdef ASHLAR_TWIN
auto digits = predicted.get<"digit">();
#else
auto digits = predicted.get<"digits">();
#endif
