// SPDX-License-Identifier: MIT
// Trains a small network for some steps and says its losses: on every processor the same, up to rounding.
#include <ashlar/ashlar.hpp>

#include <cstdio>

using namespace ashlar;

inline constexpr auto network = conv2d<16, 3, padding<1>> | batch_norm | relu | conv2d<16, 3, padding<1>> | gelu |
                                max_pool2d<2> | dropout<0.25> | flatten | linear<40> | tanh | linear<10>;

int main() {
  tensor<float, 8, 2, 10, 10> x;
  random_normal(x, seed{2});
  tensor<std::int32_t, 8> labels;
  for (int i = 0; i < 8; ++i) labels.data()[i] = i;
  auto net = model(network, input<2, 10, 10>, cpu, seed{1});
  auto trainer = make_trainer(net, cross_entropy, adam{}, batch<8>);
  for (int step = 0; step < 8; ++step) std::printf("%.6f\n", static_cast<double>(trainer.step(x, labels)));
  std::printf("%.6f\n", static_cast<double>(evaluate(
                            cpu, [](auto v) { return sum(sqrt(abs(sin(v)))); }, x)));
}
