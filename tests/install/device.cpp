// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdio>

#include <ashlar/device.hpp>
using namespace ashlar;

inline constexpr auto net = linear<8> | relu | linear<2>;

// Whether a row's numbers add up to more than zero: some steps on the device make the loss less than half. Where there
// is no device, the program says so and has done its part.
int main() try {
  std::puts(device.describe().c_str());
  tensor<float, 32, 4> x;
  tensor<std::int32_t, 32> y;
  random_normal(x, seed{1});
  for (int row = 0; row < 32; ++row) y(row) = x(row, 0) + x(row, 1) + x(row, 2) + x(row, 3) > 0;

  auto classifier = model(net, input<4>, device, seed{2});
  auto trainer = make_trainer(classifier, cross_entropy, adam{.learning_rate = 0.05f}, batch<32>);
  float const first = trainer.step(x, y);
  float last = first;
  for (int step = 0; step < 30; ++step) last = trainer.step(x, y);
  std::printf("loss %.4f, then %.4f\n", first, last);
  return last < first / 2 ? 0 : 1;
} catch (error const& problem) {
  std::puts(problem.what());
  return 0;
}
