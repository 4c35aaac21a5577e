// SPDX-License-Identifier: MIT
#include <ashlar/ashlar.hpp>

#include "reference/cases.hpp"

using namespace ashlar;
using namespace reference;

namespace {

/// Twelve steps, each on a batch of its own, by compiled kernels in float.
template <class Optimizer>
void check_exchange(std::string const& name, Optimizer const& optimizer) {
  auto net = model(linear<5> | tanh | linear<3>, input<4>, cpu, seed{1});
  net.each_variable([&](auto const& p, auto const&) { read(p, name + ".before." + p.name()); });
  auto const x = floats<12, 6, 4>(name + ".input");
  auto const labels = stored<std::int32_t, 12, 6>(name + ".labels");
  auto t = make_trainer(net, cross_entropy, optimizer, batch<6>);
  tensor<float, 12> losses;
  for (int step = 0; step < 12; ++step)
    losses[step] = t.step(tensor<float, 6, 4>(x.view()[step]), tensor<std::int32_t, 6>(labels.view()[step]));
  compare(losses, name + ".losses");
  net.each_variable([&](auto const& p, auto const&) { compare(p, name + ".after." + p.name()); });
}

}  // namespace

TEST_CASE("twelve steps with clipped gradients arrive at PyTorch's parameters") {
  check_exchange("clip_by_norm", clip_by_norm{.max_norm = 0.5f} | sgd{.learning_rate = 0.25f, .momentum = 0.9f});
  check_exchange("clip_by_value", clip_by_value{.max_value = 0.25f} | adam{.learning_rate = 0.05f});
}

TEST_CASE("gradients collected over batches, clipped before or after, arrive at PyTorch's parameters") {
  check_exchange("accumulate", accumulate<4> | sgd{.learning_rate = 0.25f, .momentum = 0.9f, .weight_decay = 0.125f});
  check_exchange("accumulate_then_clip",
                 accumulate<4> | clip_by_norm{.max_norm = 0.21875f} | adam{.learning_rate = 0.05f});
  check_exchange("clip_then_accumulate",
                 clip_by_norm{.max_norm = 0.5f} | accumulate<3> | adamw{.learning_rate = 0.05f});
}
