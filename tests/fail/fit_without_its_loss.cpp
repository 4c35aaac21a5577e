// SPDX-License-Identifier: MIT
// expect: fit takes \(model, training set, held-out set, objective, optimizer, batch<N>, options\)
// expect: dataset<.*, 16>.*adam
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
#define LOSS cross_entropy,
#else
#define LOSS
#endif

void train(dataset<16> const& data) {
  auto net = model(linear<4>, input<16>, cpu, seed{1});
  fit(net, data, data, LOSS adam{}, batch<64>);
}
