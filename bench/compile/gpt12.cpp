// SPDX-License-Identifier: MIT
#include <ashlar/anywhere.hpp>

#include "../networks/gpt.hpp"

int main() {
  using namespace ashlar;
  constexpr int context = 128, size = 4;
  auto net =
      model(networks::gpt<12, 768, 12, context, 50257>::network, input_of<std::int32_t, context>, anywhere, seed{1});
  auto trainer = make_trainer(net, cross_entropy, adamw{.learning_rate = 3e-4f}, batch<size>);
  tensor<std::int32_t, size, context> text, next;
  for (int step = 0; step < 3; ++step) trainer.step(text, next);
}
