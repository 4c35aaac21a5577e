// SPDX-License-Identifier: MIT
// expect: parameters or states depend on the size of the batch
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = [](auto x) { return linear<3>(x); };
#else
inline constexpr auto network = [](auto x) { return linear<x.shape()[0] + 2>(x); };
#endif

float first() {
  auto net = model(network, input<4>, cpu, seed{1});
  return *predict(net, tensor<float, 2, 4>()).data();
}
