// SPDX-License-Identifier: MIT
#include <ashlar/ashlar.hpp>

inline constexpr auto vgg16 = [] {
  using namespace ashlar;
  return conv2d<64, 3, padding<1>> | relu | conv2d<64, 3, padding<1>> | relu | max_pool2d<2> |
         conv2d<128, 3, padding<1>> | relu | conv2d<128, 3, padding<1>> | relu | max_pool2d<2> |
         conv2d<256, 3, padding<1>> | relu | conv2d<256, 3, padding<1>> | relu | conv2d<256, 3, padding<1>> | relu |
         max_pool2d<2> | conv2d<512, 3, padding<1>> | relu | conv2d<512, 3, padding<1>> | relu |
         conv2d<512, 3, padding<1>> | relu | max_pool2d<2> | conv2d<512, 3, padding<1>> | relu |
         conv2d<512, 3, padding<1>> | relu | conv2d<512, 3, padding<1>> | relu | max_pool2d<2> | flatten |
         linear<4096> | relu | dropout<0.5> | linear<4096> | relu | dropout<0.5> | linear<1000>;
}();

int main(int, char** argv) {
  auto [train, valid] = ashlar::split(ashlar::read_csv<3, 224, 224>(argv[1]), 64, ashlar::seed{1});
  auto net = ashlar::model(vgg16, ashlar::input<3, 224, 224>, ashlar::cpu, ashlar::seed{1});
  ashlar::fit(net, train, valid, ashlar::cross_entropy, ashlar::sgd{.learning_rate = 0.01f, .momentum = 0.9f},
              ashlar::batch<8>, {.epochs = 1});
  return ashlar::accuracy(net, valid) > 0 ? 0 : 1;
}
