// SPDX-License-Identifier: MIT
// expect: make_trainer takes \(model, objective, optimizer, batch<N>\)
#include <ashlar/ashlar.hpp>
using namespace ashlar;

void train() {
  auto net = model(linear<4>, input<16>, cpu, seed{1});
#ifdef ASHLAR_TWIN
  auto t = make_trainer(net, cross_entropy, adam{}, batch<64>);
#else
  auto t = make_trainer(net, adam{}, cross_entropy, batch<64>);
#endif
}
