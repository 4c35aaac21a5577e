// SPDX-License-Identifier: MIT
// expect: predict and accuracy need one row of outputs for each sample
// expect: <0, 3, 64>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = linear<3>;
#else
inline constexpr auto network = linear<3> | [](auto x) { return sum(x, axes<0>); };
#endif

float first() {
  auto net = model(network, input<4>, cpu, seed{1});
  return *predict(net, tensor<float, 2, 4>()).data();
}
