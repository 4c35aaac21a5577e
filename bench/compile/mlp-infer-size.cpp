// SPDX-License-Identifier: MIT
// The smallest program that is of use: it reads a network's weights and an image, and says which digit it is.
#include <cstdio>

#include <ashlar/ashlar.hpp>

inline constexpr auto mlp = ashlar::linear<128> | ashlar::relu | ashlar::linear<10>;

int main(int, char** argv) {
  auto net = ashlar::model(mlp, ashlar::input<784>, ashlar::cpu, ashlar::seed{1});
  ashlar::load(net, argv[1]);
  ashlar::predictor<decltype(net), 1> digit(net);
  if (std::fread(digit.input(0), sizeof(float), 784, stdin) != 784) return 1;
  digit.run(1);
  return digit.class_of(0);
}
