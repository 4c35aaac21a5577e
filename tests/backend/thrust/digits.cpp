// SPDX-License-Identifier: MIT
// The main example's network reads as many digits on the device as on the cpu, but for one that may be a close call:
// sums are rounded in another order.
#include <cmath>

#include <ashlar/device.hpp>

#include <doctest/doctest.h>

#include "../../../examples/tools/data_path.hpp"

using namespace ashlar;

namespace {

constexpr auto network = conv2d<16, 3, padding<1>> | batch_norm | relu | conv2d<32, 3, padding<1>> | batch_norm | relu |
                         max_pool2d<2> | dropout<0.25> | flatten | linear<64> | relu | dropout<0.5> | linear<10>;

}  // namespace

TEST_CASE("the digits network has the same accuracy on the device as on the cpu, but for one image") {
  auto trained = [](auto const& where) {
    auto [train, valid] =
        split(read_csv<1, 8, 8>(ashlar_examples::data_path("digits.csv"), {.scale = 1 / 16.0f}), 360, seed{7});
    auto net = model(network, input<1, 8, 8>, where, seed{7});
    return fit(net, train, valid, cross_entropy, adamw{.learning_rate = 3e-3f}, batch<64>, {.epochs = 3});
  };
  fit_result const a = trained(cpu), b = trained(device);
  CHECK(a.best_accuracy > 0.93);
  for (std::size_t k = 0; k < a.epochs.size(); ++k) {
    CHECK(std::fabs(a.epochs[k].accuracy - b.epochs[k].accuracy) * 360 < 1.5);
    CHECK(a.epochs[k].loss == doctest::Approx(b.epochs[k].loss).epsilon(1e-4));
  }
}
