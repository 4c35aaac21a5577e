// SPDX-License-Identifier: MIT
// Every activation, loss and optimizer by the device's kernels.
#include <ashlar/device.hpp>

#include <doctest/doctest.h>

#include "support/check.hpp"
#include "support/step_proof.hpp"

using namespace ashlar;

namespace {

template <int... D>
using doubles = basic_value<double, D...>;

struct activations {
  constexpr auto operator()(auto x) const {
    auto smooth = sigmoid(x) + gelu(x) + gelu.with(tanh_approximation)(x) + silu(x) + softplus.with(beta<2>)(x);
    auto bent = relu(x) + leaky_relu.with(negative_slope<0.2>)(x) + elu.with(alpha<0.5>)(x) + hardtanh(x) + relu6(x);
    return smooth * bent + tanh(x) * erf(x) + softmax(x) * log_softmax(x);
  }
};
struct regression_losses {
  constexpr auto operator()(auto x, auto y) const {
    return mse(x, y) + 2 * mae(x, y) + 3 * huber.with(delta<0.5>)(x, y) +
           4 * binary_cross_entropy_with_logits.with(positive_weight<2>)(x, sigmoid(y));
  }
};
struct label_losses {
  constexpr auto operator()(auto x, auto label) const {
    return cross_entropy(x, label) + 2 * cross_entropy.with(label_smoothing<0.1>, ignore_index<2>)(x, label) +
           3 * nll.with(class_weights<1.0, 0.5, 2.0>)(log_softmax(x), label);
  }
};

constexpr auto net = linear<3> | repeat<2>(linear<3> | tanh);

/// Two steps of an optimizer on three rows of a batch of four: the second has memory of the first. Double sums in
/// another order than the oracle's differ by 1e-15; a root of small squares makes 1e-11 of that.
template <class Optimizer>
void check_optimizer(Optimizer const& o) {
  using recorder =
      typename proof::step_of<double, std::remove_cvref_t<decltype(net)>, std::remove_cvref_t<decltype(input<2>)>,
                              detail::mse_loss, Optimizer, 4>::recorder;
  proof::recording r;
  proof::record<recorder>(r);
  proof::environment e = proof::first_step(r, o, {.rows = 3});
  for (int step = 0; step < 2; ++step) {
    CAPTURE(step);
    proof::results const after = proof::interpret(r, e);
    CHECK(proof::compiled_difference<cpu_policy<>, recorder>(e, after, 1e-10) == "");
    e = proof::next_step(e, after, o);
  }
}

}  // namespace

TEST_CASE("every activation and its two gradients are the oracle's on the device") {
  proof::check_function<activations, doubles<3, 19>>();
}

TEST_CASE("every loss and its two gradients are the oracle's on the device") {
  proof::check_function<regression_losses, doubles<5, 3>, doubles<5, 3>>();
  proof::proof_options options;
  options.draws.classes = 3;
  proof::check_function<label_losses, doubles<5, 3>, basic_value<std::int32_t, 5>>(options);
}

TEST_CASE("every optimizer steps on the device as by the oracle") {
  check_optimizer(sgd{.learning_rate = 0.5f, .weight_decay = 0.25f});
  check_optimizer(sgd{.learning_rate = 0.25f, .momentum = 0.5f});
  check_optimizer(nesterov{.learning_rate = 0.25f});
  check_optimizer(rmsprop{.momentum = 0.5f, .weight_decay = 0.1f});
  check_optimizer(adagrad{.learning_rate_decay = 0.5f});
  check_optimizer(adam{});
  check_optimizer(adamw{});
}

TEST_CASE("gradients are clipped, collected over steps and clipped again on the device as by the oracle") {
  check_optimizer(clip_by_value{0.05f} | accumulate<2> | clip_by_norm{0.1f} | adam{});
}
