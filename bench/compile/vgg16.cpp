// SPDX-License-Identifier: MIT
#include <ashlar/anywhere.hpp>

#include "../networks/vgg16.hpp"

int main(int, char** argv) {
  auto [train, valid] = ashlar::split(ashlar::read_csv<3, 224, 224>(argv[1]), 64, ashlar::seed{1});
  auto net = ashlar::model(networks::vgg16, ashlar::input<3, 224, 224>, ashlar::anywhere, ashlar::seed{1});
  ashlar::fit(net, train, valid, ashlar::cross_entropy, ashlar::sgd{.learning_rate = 0.01f, .momentum = 0.9f},
              ashlar::batch<8>, {.epochs = 1});
  return ashlar::accuracy(net, valid) > 0 ? 0 : 1;
}
