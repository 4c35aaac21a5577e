// SPDX-License-Identifier: MIT
// expect: make_trainer takes \(model, objective, optimizer, batch<N>\)
// expect: clip_by_norm
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
constexpr auto by = clip_by_norm{1} | sgd{};
#else
constexpr auto by = clip_by_norm{1};
#endif

void train() {
  auto net = model(linear<4>, input<16>, cpu, seed{1});
  auto t = make_trainer(net, cross_entropy, by, batch<64>);
}
