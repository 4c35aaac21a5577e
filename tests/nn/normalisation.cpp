// SPDX-License-Identifier: MIT
#include <ashlar/nn/activation.hpp>
#include <ashlar/nn/normalisation.hpp>

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"

using namespace ashlar;

TEST_CASE("layer_norm gives each row mean 0 and variance 1, then scales and shifts") {
  proof::numbers const weight = {1, 1, 2, 2}, bias = {0, 0, 5, 5};
  auto const y = proof::apply_layer<1>(layer_norm, input<4>, {1, 3, 1, 3}, {weight, bias});
  double const unit = 1 / std::sqrt(1 + 1e-5);
  CHECK(proof::difference(y.outputs, {{-unit, unit, 5 - 2 * unit, 5 + 2 * unit}}, 1e-15) == "");
  auto const wide = proof::apply_layer<1>(layer_norm.with(epsilon<3.0>), input<4>, {1, 3, 1, 3}, {weight, bias});
  CHECK(wide.outputs[0][1] == 0.5);
}

TEST_CASE("batch_norm normalises each channel over batch and image, and moves its running statistics") {
  using recorder = proof::double_proof<detail::batch_norm_layer<>, std::remove_cvref_t<decltype(input<2, 1, 2>)>, 3>;
  proof::recording r;
  proof::record<recorder>(r);
  proof::environment e = proof::draw(r.g, {.rows = 2});
  e.inputs[0] = {1, 3, 10, 10, 5, 7, 20, 20, 99, 99, 99, 99};  // [batch, channels, 1, 2], the third sample is unused
  e.parameters = {{1, 2}, {0, 100}};
  e.states = {{0, 10}, {1, 3}, {41}};
  proof::results const y = proof::interpret(r, e);
  double const a = 1 / std::sqrt(5 + 1e-5), b = 2 / std::sqrt(25 + 1e-5);  // variances 5 and 25
  proof::numbers const wanted = {-3 * a, -1 * a, 100 - 5 * b, 100 - 5 * b, 1 * a, 3 * a, 100 + 5 * b, 100 + 5 * b};
  CHECK(proof::difference({proof::numbers(y.outputs[0].begin(), y.outputs[0].begin() + 8)}, {wanted}, 1e-14) == "");
  // momentum 0.1 of the means 4 and 15 and of the unbiased variances 20/3 and 100/3
  std::vector<proof::numbers> const states = {{0.4, 10.5}, {0.9 + 2.0 / 3, 2.7 + 10.0 / 3}, {42}};
  CHECK(proof::difference(y.states, states, 1e-14) == "");
}

TEST_CASE("batch_norm predicts with its running statistics") {
  auto const y = proof::apply_layer<2>(batch_norm.with(epsilon<1.0>), input<2>, {1, 2, 3, 4}, {{1, 2}, {0, 5}},
                                       {{1, 2}, {3, 0}, {7}});
  CHECK(y.outputs[0] == proof::numbers{0, 5, 1, 9});
  CHECK(y.states[2] == proof::numbers{7});
}

TEST_CASE("batch_norm's momentum is an option, and a batch of one value keeps its variance finite") {
  using recorder =
      proof::double_proof<decltype(batch_norm.with(momentum<0.5>)), std::remove_cvref_t<decltype(input<1>)>, 2>;
  proof::recording r;
  proof::record<recorder>(r);
  proof::environment e = proof::draw(r.g, {.rows = 1});
  e.inputs[0] = {8, 99};
  e.states = {{0}, {1}, {0}};
  CHECK(proof::interpret(r, e).states == std::vector<proof::numbers>{{4}, {0.5}, {1}});
}

TEST_CASE("normalisations have the gradients that the oracle measures, whatever the size and the rows") {
  proof::check_layer<5>(layer_norm, input<17>);
  proof::check_layer<3>(layer_norm, input<3, 33>);
  proof::check_layer<5>(batch_norm | tanh, input<3, 3, 5>);
  proof::check_layer<5>(batch_norm | tanh, input<3, 17>);
}

TEST_CASE("normalisations' compiled kernels agree with the oracle") {
  proof::check_compiled_layer<5>(layer_norm, input<33>);
  proof::check_compiled_layer<5>(batch_norm | tanh, input<3, 3, 5>);
}
