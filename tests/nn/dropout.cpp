// SPDX-License-Identifier: MIT
#include <ashlar/nn/dropout.hpp>

#include <algorithm>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"

using namespace ashlar;

namespace {

template <int Batch, class Net>
proof::numbers dropped(Net const&, std::uint64_t step, std::uint64_t seed) {
  proof::recording r;
  proof::record<proof::double_proof<Net, std::remove_cvref_t<decltype(input<1000>)>, Batch>>(r);
  proof::environment e = proof::draw(r.g, {.rows = Batch});
  e.inputs[0].assign(e.inputs[0].size(), 1);
  e.step = step;
  e.seed = seed;
  return proof::interpret(r, e).outputs[0];
}

}  // namespace

TEST_CASE("dropout drops its share and scales what stays") {
  proof::numbers const y = dropped<4>(dropout<0.25>, 1, 1);
  int zeros = 0;
  for (double v : y) {
    CHECK((v == 0 || v == 1 / 0.75));
    zeros += v == 0;
  }
  // 4000 draws: five standard deviations are 5 * sqrt(4000 * 0.25 * 0.75) = 137.
  CHECK(std::abs(zeros - 1000) < 137);
}

TEST_CASE("dropout's mask depends on seed, step and layer, and not on the size of the batch") {
  proof::numbers const y = dropped<4>(dropout<0.5>, 1, 1), smaller = dropped<2>(dropout<0.5>, 1, 1);
  CHECK(std::equal(smaller.begin(), smaller.end(), y.begin()));
  CHECK(y == dropped<4>(dropout<0.5>, 1, 1));
  CHECK(y != dropped<4>(dropout<0.5>, 2, 1));
  CHECK(y != dropped<4>(dropout<0.5>, 1, 2));
  proof::numbers const both = dropped<4>(dropout<0.5> | dropout<0.5>, 1, 1);  // two masks, not one
  CHECK(std::abs(std::count(both.begin(), both.end(), 4.0) - 1000) < 137);
}

TEST_CASE("dropout passes everything on in prediction, and with probability 0") {
  CHECK(proof::apply_layer<1>(dropout<0.5>, input<3>, {1, 2, 3}, {}).outputs[0] == proof::numbers{1, 2, 3});
  CHECK(dropped<1>(dropout<0>, 1, 1) == proof::numbers(1000, 1));
}

TEST_CASE("dropout's gradient goes through the same mask, whatever the rows") {
  proof::check_layer<5>(dropout<0.25>, input<17>, {.derivative = proof::second::zero});
  static constexpr auto squared = [](auto x) { return square(dropout<0.5>(x)); };
  proof::check_layer<5>(squared, input<33>);
  proof::check_compiled_layer<5>(squared, input<33>);
}
