// SPDX-License-Identifier: MIT
// A training on the device has the same bits in every run and for any number of threads, and the cpu's numbers.
#include "support/parity.hpp"

#include <doctest/doctest.h>

#include "support/system_threads.hpp"

using namespace ashlar;

namespace {

// Enough work to be shared among threads.
constexpr auto network = linear<512> | batch_norm | relu | dropout<0.25> | linear<10>;

// What seven steps leave behind.
template <class Policy>
proof::trained after_steps(Policy const& where, int number) {
  tensor<float, 64, 200> x;
  tensor<std::int32_t, 64> label;
  random_normal(x, seed{5});
  for (int i = 0; i < 64; ++i) label[i] = i * 7 % 10;
  auto net = model(network, input<200>, where, seed{number});
  auto t = make_trainer(net, cross_entropy, adam{}, batch<64>);
  proof::trained result;
  for (int k = 0; k < 7; ++k) result.losses.push_back(float(t.step(x, label)));
  result.variables = proof::variables_of(net);
  return result;
}

}  // namespace

TEST_CASE("a training on the device gives the same bits in every run, for any number of threads") {
  proof::trained const once = after_steps(device, 1);
  for (int threads : {1, 2, 3, 4}) {
    CAPTURE(threads);
    proof::trained again;
    proof::with_threads(threads, [&] { again = after_steps(device, 1); });
    CHECK(again.losses == once.losses);
    CHECK(again.variables == once.variables);
  }
  CHECK(after_steps(device, 2).losses != once.losses);
  // Rounding; Adam's first steps divide gradients near 0 by their size, and move such a parameter by another 1e-3.
  CHECK(proof::distance(once, after_steps(cpu, 1)) < 2e-2);
}
