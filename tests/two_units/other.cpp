// SPDX-License-Identifier: MIT
#include "networks.hpp"

double train_and_measure(digits_model& net, char const* csv) {
  auto [train, valid] = ashlar::split(ashlar::read_csv<1, 8, 8>(csv, {.scale = 1 / 16.0f}), 360, ashlar::seed{7});
  ashlar::fit(net, train, valid, ashlar::cross_entropy, ashlar::adam{.learning_rate = 2e-3f}, ashlar::batch<64>,
              {.epochs = 4});
  auto trainer = ashlar::make_trainer(net, networks::penalised, ashlar::sgd{.learning_rate = 0.01f}, ashlar::batch<32>);
  for (auto rows : ashlar::batches(train, 32, ashlar::seed{1})) {
    float const loss = trainer.step(rows);
    if (!(loss < 1e3f)) return 0;
  }
  return ashlar::accuracy(net, valid);
}

long long count_parameters(deep_model const& net) { return static_cast<long long>(net.parameters()); }

float slope_elsewhere() {
  ashlar::tensor<float, 8, 16> x;
  ashlar::tensor<float, 16, 4> w;
  ashlar::random_normal(x, ashlar::seed{1});
  ashlar::random_normal(w, ashlar::seed{2}, 0.1f);
  ashlar::tensor<float, 16, 4> dw = ashlar::evaluate(ashlar::cpu, networks::slope, x, w);
  return dw(3, 2);
}
