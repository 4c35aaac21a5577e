// SPDX-License-Identifier: MIT
// The main example's network reaches 98.3 % on the held-out digits for each of five seeds.
#include <cstdio>

#include <ashlar/anywhere.hpp>

#define main example_main
#include "../../examples/04_digits.cpp"
#undef main

int main() {
  int failures = 0;
  for (int number = 1; number <= 5; ++number) {
    auto [train, valid] = split(read_csv<1, 8, 8>(data_path("digits.csv"), {.scale = 1 / 16.0f}), 360, seed{number});
    auto net = model(network, input<1, 8, 8>, anywhere, seed{number});
    fit(net, train, valid, cross_entropy, optimizer, batch<64>, training(number));
    double const share = accuracy(net, valid);
    bool const enough = valid.size() == 360 && share >= 0.983;
    std::printf("seed %d: accuracy %.2f %%%s\n", number, 100 * share, enough ? "" : ", less than 98.3 %");
    failures += !enough;
  }
  return failures ? 1 : 0;
}
