// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <ashlar/ashlar.hpp>

using namespace ashlar;

namespace {

// One weight times a state of 0.5, which becomes -0.5: the loss grows with the weight, which must shrink.
inline constexpr auto by_product = [](auto x) {
  auto const state = detail::state<float, 1, 1>(*x.g, "state", 0.5);
  auto const y = matmul(linear<1, no_bias>(x), state);
  detail::update_state("state", state * -1.0f);
  return y;
};
inline constexpr auto by_part = [](auto x) {
  auto const state = detail::state<float, 1, 2>(*x.g, "state", 0.5);
  auto const y = matmul(linear<1, no_bias>(x), slice<1, 0, 1>(state));
  detail::update_state("state", state * -1.0f);
  return y;
};
inline constexpr auto by_element = [](auto x) {
  auto const state = detail::state<float, 1>(*x.g, "state", 0.5);
  auto const y = linear<1, no_bias>(x) * state;
  detail::update_state("state", state * -1.0f);
  return y;
};
inline constexpr auto mean_of_outputs = [](auto y, auto) { return mean(y); };

template <class Net, class Optimizer, class Policy>
float weight_after_a_step(Net const& network, Optimizer const& optimizer, Policy const& policy) {
  auto net = model(network, input<1>, policy, seed{1});
  net.parameter("0.weight") = tensor<float, 1, 1>{1};
  auto train = make_trainer(net, mean_of_outputs, optimizer, batch<1>);
  CHECK(train.step(tensor<float, 1, 1>{1}, tensor<std::int32_t, 1>{}) == 0.5f);
  tensor<float, 1, 1> const weight(net.parameter("0.weight"));
  return weight[0];
}

}  // namespace

TEST_CASE("gradients read a state as the forward pass did, though it has a new value by then") {
  auto all = [](auto const& network) {
    for (float weight : {weight_after_a_step(network, adam{.learning_rate = 0.25f}, cpu),
                         weight_after_a_step(network, adam{.learning_rate = 0.25f}, cpu.with(no_fusion)),
                         weight_after_a_step(network, sgd{.learning_rate = 0.5f}, cpu)})
      CHECK(weight == doctest::Approx(0.75f).epsilon(1e-5));
  };
  all(by_product);
  all(by_part);
  all(by_element);
}
