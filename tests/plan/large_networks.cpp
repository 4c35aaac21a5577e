// SPDX-License-Identifier: MIT
#include "../../bench/networks/gpt.hpp"
#include "../../bench/networks/resnet50.hpp"

#include <doctest/doctest.h>

#include "support/layer_proof.hpp"
#include "support/run_plan.hpp"

using namespace ashlar;
using namespace ashlar::detail;

namespace {

template <class Net, class Input, int Batch>
plan_counts counts_of(Net const&, Input const&, batch_type<Batch>) {
  proof::recording r;
  proof::record<training_recorder<Net, Input, void, cross_entropy_loss, adamw, Batch>>(r);
  return proof::planned(r, {true, true}).counts();
}
template <class Net, class Input, int Batch>
plan_counts prediction_of(Net const&, Input const&, batch_type<Batch>) {
  proof::recording r;
  proof::record<prediction_recorder<Net, Input, Batch>>(r);
  return proof::planned(r, {true, true}).counts();
}

/// Multiplications of a bottleneck of ResNet-50: `size` is the height and width of its result.
constexpr std::int64_t bottleneck(std::int64_t in, std::int64_t width, std::int64_t size, std::int64_t stride) {
  std::int64_t const at_first = size * stride * size * stride, after = size * size;
  std::int64_t const shortcut = in == 4 * width ? 0 : in * 4 * width * after;
  return in * width * at_first + 9 * width * width * after + 4 * width * width * after + shortcut;
}
constexpr std::int64_t resnet50_products = 3 * 64 * 49 * 112 * 112 +                                        //
                                           bottleneck(64, 64, 56, 1) + 2 * bottleneck(256, 64, 56, 1) +     //
                                           bottleneck(256, 128, 28, 2) + 3 * bottleneck(512, 128, 28, 1) +  //
                                           bottleneck(512, 256, 14, 2) + 5 * bottleneck(1024, 256, 14, 1) +
                                           bottleneck(1024, 512, 7, 2) + 2 * bottleneck(2048, 512, 7, 1) + 2048 * 1000;

}  // namespace

TEST_CASE("ResNet-50 has torchvision's parameters, and costs what it does by hand") {
  CHECK(resnet50_products == 4'089'184'256);  // an image's, as published: 4.09 G
  plan_counts const forward = prediction_of(networks::resnet50::network, input<3, 224, 224>, batch<4>);
  CHECK(forward.parameters == 25'557'032);
  double const by_hand = 2.0 * 4 * static_cast<double>(resnet50_products);
  CHECK(forward.flops > by_hand);
  CHECK(forward.flops < 1.02 * by_hand);  // normalisation, relu, pooling
  plan_counts const training = counts_of(networks::resnet50::network, input<3, 224, 224>, batch<4>);
  CHECK(training.parameters == 25'557'032);
  // every product three times, but for the image's gradient; normalisation's and the update besides
  double const without_image = 2.0 * 4 * (3.0 * resnet50_products - 3 * 64 * 49 * 112 * 112);
  CHECK(training.flops > without_image);
  CHECK(training.flops < 1.05 * without_image);
  CHECK(2 * training.arena_bytes < training.arena_bytes_without_reuse);
}

TEST_CASE("the plan of a GPT does not grow with its blocks, its parameters and work do") {
  constexpr int width = 768, tokens = 50257;
  plan_counts const c12 =
      counts_of(networks::gpt<12, width, 12, 128, tokens>::network, input_of<std::int32_t, 128>, batch<4>);
  plan_counts const c24 =
      counts_of(networks::gpt<24, width, 12, 128, tokens>::network, input_of<std::int32_t, 128>, batch<4>);
  // two layer norms, attention's two layers and the MLP's two
  constexpr std::int64_t block = 4 * width + 4 * width * width + 4 * width + 8 * width * width + 5 * width;
  CHECK(c12.parameters == (2 * tokens + 128 + 2) * std::int64_t{width} + 12 * block);
  CHECK(c24.parameters - c12.parameters == 12 * block);
  CHECK(c24.nodes == c12.nodes);
  CHECK(c24.steps == c12.steps);
  CHECK(c24.kernels == c12.kernels);
  // of each of 4 * 128 places: the products with weights, and with 128 other places twice; each three times
  constexpr double products = 12.0 * width * width + 2.0 * 128 * width;
  double const by_hand = 12 * 3 * 2 * 512 * products;
  CHECK(c24.flops - c12.flops > by_hand);
  CHECK(c24.flops - c12.flops < 1.06 * by_hand);
}
