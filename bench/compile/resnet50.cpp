// SPDX-License-Identifier: MIT
#include "../networks/resnet50.hpp"

int main() {
  using namespace ashlar;
  auto net = model(networks::resnet50::network, input<3, 224, 224>, cpu, seed{1});
  static_assert(net.parameters() == 25'557'032);
  auto trainer = make_trainer(net, cross_entropy, adamw{.learning_rate = 1e-3f}, batch<4>);
  tensor<float, 4, 3, 224, 224> images;
  tensor<std::int32_t, 4> labels;
  for (int step = 0; step < 3; ++step) trainer.step(images, labels);
}
