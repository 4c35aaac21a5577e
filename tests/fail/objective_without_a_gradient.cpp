// SPDX-License-Identifier: MIT
// expect: the objective has no gradient by any parameter
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto mistakes = [](auto net, auto x, auto label) {
#ifdef ASHLAR_TWIN
  return mean(square(net(x) - one_hot<3>(label)));
#else
  return mean(convert<float>(argmax(net(x), axes<1>) - label));
#endif
};

auto net = model(linear<3>, input<4>, cpu, seed{1});
auto trainer_of_it = make_trainer(net, mistakes, adam{}, batch<16>);
