// SPDX-License-Identifier: MIT
// expect: there are more samples than the trainer's batch<N> holds
// expect: 9\D+8
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
constexpr int samples = 8;
#else
constexpr int samples = 9;
#endif

float loss() {
  auto net = model(linear<3>, input<4>, cpu, seed{1});
  auto t = make_trainer(net, cross_entropy, sgd{}, batch<8>);
  return t.step(tensor<float, samples, 4>(), tensor<std::int32_t, samples>());
}
