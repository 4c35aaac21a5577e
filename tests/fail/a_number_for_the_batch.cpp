// SPDX-License-Identifier: MIT
// expect: make_trainer takes \(model, objective, optimizer, batch<N>\).*batch<64>, not 64
// expect: adam, int
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
constexpr auto samples = batch<64>;
#else
constexpr int samples = 64;
#endif

void train() {
  auto net = model(linear<4>, input<16>, cpu, seed{1});
  auto t = make_trainer(net, cross_entropy, adam{}, samples);
}
