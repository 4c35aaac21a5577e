// SPDX-License-Identifier: MIT
// The same source trains on the device as on the cpu: losses, parameters and states after 50 steps, partial batches
// among them.
#include "support/parity.hpp"

#include <doctest/doctest.h>

using namespace ashlar;

namespace {

/// After 50 steps, relative to the largest of a parameter. A step's gradients differ by some units of float's last
/// place, 6e-8 of each sum, where sums are taken in another order or multiplied and added in one instruction; Adam
/// divides them by their size, so that those near 0 differ by more, and steps build on each other. On CPUs whose
/// compiler does neither not one bit differs.
constexpr double float_tolerance = 1e-3;
/// In double rounding is 5e8 times as small.
constexpr double double_tolerance = 1e-11;

constexpr auto mlp = linear<16> | relu | linear<12> | tanh | linear<5>;

tensor<std::int32_t, 8> labels() { return {0, 1, 2, 3, 4, 3, 1, 0}; }

/// Of both kinds of the device's products together.
template <class T, class Optimizer>
double mlp_distance(Optimizer const& optimizer) {
  tensor<T, 8, 12> x;
  random_normal(x, seed{2});
  auto on = [&](auto const& where) {
    return proof::train(model(mlp, input_of<T, 12>, where, seed{3}), cross_entropy, optimizer, x, labels());
  };
  proof::trained const a = on(cpu), b = on(device), c = on(device.with(own_kernels));
  CHECK(a.losses.back() < 0.8 * a.losses.front());
  CHECK(proof::distance(b, on(device)) == 0);
  return proof::distance(a, b) + proof::distance(a, c);
}

}  // namespace

TEST_CASE("an MLP trains on the device as on the cpu, by sgd with momentum, adam and adamw") {
  CHECK(mlp_distance<float>(sgd{.learning_rate = 0.05f, .momentum = 0.9f}) < float_tolerance);
  CHECK(mlp_distance<float>(adam{.learning_rate = 1e-2f}) < float_tolerance);
  CHECK(mlp_distance<float>(adamw{.learning_rate = 1e-2f}) < float_tolerance);
}

TEST_CASE("an MLP in double trains on the device as on the cpu") {
  CHECK(mlp_distance<double>(adam{.learning_rate = 1e-2f}) < double_tolerance);
}
