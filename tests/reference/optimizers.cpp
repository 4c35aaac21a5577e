// SPDX-License-Identifier: MIT
#include <ashlar/ashlar.hpp>

#include "reference/oracle.hpp"

using namespace ashlar;
using namespace reference;

namespace {
constexpr auto mlp = linear<5> | tanh | linear<3>;
constexpr auto residual_network = linear<5> | residual(tanh | linear<5>) | residual(linear<3> | tanh, linear<3>);
}  // namespace

TEST_CASE("five steps of nesterov, rmsprop and adagrad arrive at PyTorch's parameters") {
  check_training("nesterov", mlp, nesterov{.learning_rate = 0.1f, .momentum = 0.9f, .weight_decay = 0.25f});
  check_training("rmsprop", mlp, rmsprop{.learning_rate = 0.01f});
  check_training("rmsprop_momentum", mlp,
                 rmsprop{.learning_rate = 0.01f, .alpha = 0.9f, .momentum = 0.5f, .weight_decay = 0.25f});
  check_training("adagrad", mlp, adagrad{.learning_rate = 0.1f});
  check_training("adagrad_decay", mlp,
                 adagrad{.learning_rate = 0.1f, .learning_rate_decay = 0.5f, .weight_decay = 0.25f});
}

TEST_CASE("five steps of a residual network with a shortcut arrive at PyTorch's parameters, by its names") {
  check_training("residual_network", residual_network, sgd{.learning_rate = 0.1f, .momentum = 0.9f});
}
