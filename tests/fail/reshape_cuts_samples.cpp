// SPDX-License-Identifier: MIT
// expect: the result cuts through samples of the batch
// expect: at_line<14>.*layer_path<.*index<1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto turned = [](auto x) {
  constexpr int batch_size = x.shape()[0];
#ifdef ASHLAR_TWIN
  return reshape<batch_size, 2, 3>(x);
#else
  // Not a transpose: each row of the result would hold numbers of several samples.

  return reshape<6, batch_size>(x);
#endif
};
inline constexpr auto energy = [](auto net, auto x) { return mean(net(x)); };

constexpr auto plan = training_plan(linear<6> | turned, input<16>, no_target, energy, sgd{}, batch<4>);
