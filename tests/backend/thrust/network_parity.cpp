// SPDX-License-Identifier: MIT
// Images with batch statistics and dropout, attention in repeated blocks, and the digits: on the device as on the cpu.
#include "../../../bench/networks/gpt.hpp"
#include "support/parity.hpp"

#include <doctest/doctest.h>

using namespace ashlar;

namespace {

/// As of an MLP; batch statistics and softmaxes carry what differs to all parameters. By OpenMP it was 4e-7.
constexpr double float_tolerance = 1e-3;

constexpr auto images = conv2d<6, 3, padding<1>> | batch_norm | relu | max_pool2d<2> | dropout<0.25> |
                        conv2d<8, 3, stride<2>, groups<2>> | batch_norm | relu | flatten | linear<5>;

}  // namespace

TEST_CASE("a network of images with batch_norm and dropout trains on the device as on the cpu") {
  tensor<float, 8, 2, 10, 9> x;
  random_normal(x, seed{2});
  tensor<std::int32_t, 8> const labels{0, 1, 2, 3, 4, 3, 1, 0};
  auto on = [&](auto const& where) {
    return proof::train(model(images, input<2, 10, 9>, where, seed{3}), cross_entropy, sgd{.momentum = 0.9f}, x,
                        labels);
  };
  proof::trained const a = on(cpu), b = on(device), c = on(device.with(own_kernels));
  CHECK(a.losses.back() < 0.8 * a.losses.front());
  CHECK(proof::distance(a, b) < float_tolerance);
  CHECK(proof::distance(a, c) < float_tolerance);
}

TEST_CASE("blocks of attention in a loop train on the device as on the cpu") {
  constexpr int context = 6;
  tensor<std::int32_t, 8, context> text, next;
  for (int r = 0; r < 8; ++r)
    for (int t = 0; t < context; ++t) {
      text(r, t) = (r + t * t) % 7;
      next(r, t) = (r + (t + 1) * (t + 1)) % 7;
    }
  // The keys' bias has a gradient of 0, but for rounding: Adam's division would make steps of that.
  constexpr float above_rounding = 1e-5f;
  auto on = [&](auto const& where) {
    return proof::train(
        model(networks::gpt<2, 16, 2, context, 7>::network, input_of<std::int32_t, context>, where, seed{1}),
        cross_entropy, adamw{.learning_rate = 3e-3f, .epsilon = above_rounding}, text, next);
  };
  proof::trained const a = on(cpu), b = on(device);
  CHECK(a.losses.back() < 0.8 * a.losses.front());
  CHECK(proof::distance(a, b) < float_tolerance);
}
