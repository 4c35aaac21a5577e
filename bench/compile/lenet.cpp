// SPDX-License-Identifier: MIT
#include <ashlar/anywhere.hpp>

inline constexpr auto lenet = [] {
  using namespace ashlar;
  return conv2d<6, 5, padding<2>> | relu | max_pool2d<2> | conv2d<16, 5> | relu | max_pool2d<2> | flatten |
         linear<120> | relu | linear<84> | relu | linear<10>;
}();

int main(int, char** argv) {
  auto [train, valid] =
      ashlar::split(ashlar::read_csv<1, 28, 28>(argv[1], {.scale = 1 / 255.0f}), 1000, ashlar::seed{1});
  auto net = ashlar::model(lenet, ashlar::input<1, 28, 28>, ashlar::anywhere, ashlar::seed{1});
  ashlar::fit(net, train, valid, ashlar::cross_entropy, ashlar::sgd{.learning_rate = 0.1f}, ashlar::batch<64>,
              {.epochs = 3});
  return ashlar::accuracy(net, valid) > 0.9 ? 0 : 1;
}
