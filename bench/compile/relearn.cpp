// SPDX-License-Identifier: MIT
// The network of examples/04_digits.cpp with one layer changed, up to the first step: what a learner waits for.
#include <cmath>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

inline constexpr auto network = conv2d<16, 3, padding<1>> | batch_norm | relu |  // [16, 8, 8]
                                conv2d<32, 3, padding<1>> | batch_norm | relu |  // [32, 8, 8]
                                max_pool2d<2> | dropout<0.25> | flatten |        // [512]
                                linear<48> | relu | dropout<0.5> | linear<10>;   // [10]

int main(int, char** argv) {
  auto [train, valid] = split(read_csv<1, 8, 8>(argv[1], {.scale = 1 / 16.0f}), 360, seed{7});
  auto net = model(network, input<1, 8, 8>, cpu, seed{7});
  auto learning = make_trainer(net, cross_entropy, adamw{.learning_rate = 3e-3f}, batch<64>);
  auto order = batches(train, 64, seed{7});
  return std::isfinite(learning.step(order[0])) ? 0 : 1;
}
