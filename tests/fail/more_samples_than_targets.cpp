// SPDX-License-Identifier: MIT
// expect: there must be one target for each sample
// expect: 8\D+7
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
constexpr int targets = 8;
#else
constexpr int targets = 7;
#endif

float loss() {
  auto net = model(linear<3>, input<4>, cpu, seed{1});
  auto t = make_trainer(net, cross_entropy, sgd{}, batch<8>);
  return t.step(tensor<float, 8, 4>(), tensor<std::int32_t, targets>());
}
