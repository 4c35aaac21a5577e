// SPDX-License-Identifier: MIT
// The main example's network reads the same digits on the device as on the cpu, but for close calls: sums are rounded
// in another order.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <ashlar/device.hpp>

#include <doctest/doctest.h>

#include "../../../examples/tools/data_path.hpp"

using namespace ashlar;

namespace {

constexpr auto network = conv2d<16, 3, padding<1>> | batch_norm | relu | conv2d<32, 3, padding<1>> | batch_norm | relu |
                         max_pool2d<2> | dropout<0.25> | flatten | linear<64> | relu | dropout<0.5> | linear<10>;

using images = tensor<float, 360, 1, 8, 8>;
using scores = tensor<float, 360, 10>;

int answer(scores const& s, int image) {
  int best = 0;
  for (int digit = 1; digit < 10; ++digit)
    if (s(image, digit) > s(image, best)) best = digit;
  return best;
}

}  // namespace

TEST_CASE("the digits network has the same accuracy on the device as on the cpu") {
  auto trained = [](auto const& where) {
    auto [train, valid] =
        split(read_csv<1, 8, 8>(ashlar_examples::data_path("digits.csv"), {.scale = 1 / 16.0f}), 360, seed{7});
    auto net = model(network, input<1, 8, 8>, where, seed{7});
    images held_out;
    std::copy(valid.inputs().begin(), valid.inputs().end(), held_out.data());
    std::vector<scores> said;
    fit_result const result = fit(net, train, valid, cross_entropy, adamw{.learning_rate = 3e-3f}, batch<64>,
                                  {.epochs = 3}, [&](auto const&) { said.push_back(predict(net, held_out)); });
    return std::pair(result, said);
  };
  auto const [a, on_cpu] = trained(cpu);
  auto const [b, on_device] = trained(device);
  CHECK(a.best_accuracy > 0.93);
  REQUIRE(on_cpu.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CAPTURE(k);
    CHECK(a.epochs[k].loss == doctest::Approx(b.epochs[k].loss).epsilon(1e-4));
    int close_calls = 0;
    double worst = 0;
    for (int i = 0; i < 360; ++i) {
      for (int j = 0; j < 10; ++j)
        worst = std::fmax(worst, std::fabs(double{on_cpu[k](i, j)} - double{on_device[k](i, j)}));
      int const here = answer(on_cpu[k], i), there = answer(on_device[k], i);
      if (here == there) continue;
      ++close_calls;
      CHECK(on_cpu[k](i, here) - on_cpu[k](i, there) < 0.1f);  // of scores of about 10
    }
    CHECK(worst < 0.5);
    CHECK(std::fabs(a.epochs[k].accuracy - b.epochs[k].accuracy) * 360 < close_calls + 0.5);
  }
}
