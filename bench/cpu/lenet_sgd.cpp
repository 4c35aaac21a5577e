// SPDX-License-Identifier: MIT
#include "training.hpp"

inline constexpr auto lenet = [] {
  using namespace ashlar;
  return conv2d<6, 5, padding<2>> | relu | max_pool2d<2> | conv2d<16, 5> | relu | max_pool2d<2> | flatten |
         linear<120> | relu | linear<84> | relu | linear<10>;
}();

int main(int argc, char** argv) {
  return bench::train(argc, argv, lenet, ashlar::input<1, 28, 28>, 10, ashlar::sgd{.learning_rate = 0.01f});
}
