// SPDX-License-Identifier: MIT
// One model made here and trained in the other unit; both units, built with different flags, must agree on its type,
// on its numbers and on the code of its kernels.
#include <cmath>
#include <cstdio>

#include "networks.hpp"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  auto net = ashlar::model(networks::digits, ashlar::input<1, 8, 8>, ashlar::anywhere, ashlar::seed{7});
  double const there = train_and_measure(net, argv[1]);

  auto [train, valid] = ashlar::split(ashlar::read_csv<1, 8, 8>(argv[1], {.scale = 1 / 16.0f}), 360, ashlar::seed{7});
  double const here = ashlar::accuracy(net, valid);
  std::printf("accuracy %.4f there, %.4f here\n", there, here);
  if (!(there > 0.8) || here != there) return 1;  // four epochs: far from done, far above chance

  auto deep = ashlar::model(networks::deep, ashlar::input<16>, ashlar::cpu, ashlar::seed{1});
  if (count_parameters(deep) != static_cast<long long>(deep.parameters())) return 1;

  ashlar::tensor<float, 8, 16> x;
  ashlar::tensor<float, 16, 4> w;
  ashlar::random_normal(x, ashlar::seed{1});
  ashlar::random_normal(w, ashlar::seed{2}, 0.1f);
  ashlar::tensor<float, 16, 4> dw = ashlar::evaluate(ashlar::cpu, networks::slope, x, w);
  std::printf("slope %.9g there, %.9g here\n", slope_elsewhere(), dw(3, 2));
  return slope_elsewhere() == dw(3, 2) ? 0 : 1;
}
