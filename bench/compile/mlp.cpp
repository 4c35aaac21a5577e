// SPDX-License-Identifier: MIT
#include <ashlar/ashlar.hpp>

inline constexpr auto mlp = ashlar::linear<128> | ashlar::relu | ashlar::linear<10>;

int main(int, char** argv) {
  auto [train, valid] = ashlar::split(ashlar::read_csv<784>(argv[1], {.scale = 1 / 255.0f}), 1000, ashlar::seed{1});
  auto net = ashlar::model(mlp, ashlar::input<784>, ashlar::cpu, ashlar::seed{1});
  ashlar::fit(net, train, valid, ashlar::cross_entropy, ashlar::sgd{.learning_rate = 0.1f}, ashlar::batch<32>,
              {.epochs = 3});
  return ashlar::accuracy(net, valid) > 0.9 ? 0 : 1;
}
