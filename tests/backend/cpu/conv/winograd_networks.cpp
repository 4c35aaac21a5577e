// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <vector>

#include <ashlar/ashlar.hpp>

#include <doctest/doctest.h>

using namespace ashlar;
using namespace ashlar::detail;

namespace {

inline constexpr auto images = conv2d<16, 3, padding<1>> | relu | conv2d<24, 3> | relu | flatten | linear<4>;
template <class T>
using image_step = training_recorder<std::remove_cvref_t<decltype(images)>, input_type<T, 12, 16, 16>, void,
                                     cross_entropy_loss, sgd, 16>;

/// Convolution steps of a program whose kernels are Winograd's, and others.
struct convolution_steps {
  int winograd = 0, direct = 0;
};
template <class Program>
convolution_steps steps_of() {
  convolution_steps found;
  auto const& t = Program::tables;
  for (int s = 0; s < t.sizes.steps; ++s) {
    int const begin = t.kernel_begin[t.steps[s].kernel];
    auto const kind = static_cast<kernel_kind>(t.code[begin]);
    if (kind < kernel_kind::conv || kind > kernel_kind::conv_weight) continue;
    ++(t.code[begin + 2] == conv_way::winograd ? found.winograd : found.direct);
  }
  return found;
}

inline constexpr auto looped =
    conv2d<16, 3> | repeat<2>(conv2d<16, 3, padding<1>> | tanh) | max_pool2d<2> | flatten | linear<4>;

/// The losses of training steps on a policy.
template <class Net, class Policy>
std::vector<double> losses(Net const& network, Policy const& policy) {
  auto net = model(network, input<12, 16, 16>, policy, seed{5});
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.02f}, batch<16>);
  tensor<float, 16, 12, 16, 16> x;
  tensor<std::int32_t, 16> labels;
  std::vector<double> all;
  for (int step = 0; step < 50; ++step) {
    random_normal(x, seed{step % 4});
    for (int r = 0; r < 16; ++r) labels[r] = (r + step) % 4;
    all.push_back(t.step(x, labels));
  }
  return all;
}

}  // namespace

TEST_CASE("a step of training has Winograd's convolutions, but not in double and not where no_winograd forbids them") {
  // forward, data and weights of two layers; nobody asks for the gradient of the first one's data
  convolution_steps const usual = steps_of<cpu_policy<>::program<image_step<float>>>();
  CHECK(usual.winograd == 5);
  CHECK(usual.direct == 0);
  convolution_steps const forbidden = steps_of<cpu_policy<no_winograd_type>::program<image_step<float>>>();
  CHECK(forbidden.winograd == 0);
  CHECK(forbidden.direct == 5);
  CHECK(steps_of<cpu_policy<>::program<image_step<double>>>().winograd == 0);
  auto const policy = cpu.with(threads{2}, no_winograd);
  static_assert(policy.has<no_winograd_type> && !cpu.has<no_winograd_type>);
  CHECK(policy.count.count == 2);
}

namespace {

template <class Net>
void check_losses(Net const& network) {
  std::vector<double> const usual = losses(network, cpu), direct = losses(network, cpu.with(no_winograd));
  double worst = 0;
  for (std::size_t i = 0; i < usual.size(); ++i) worst = std::max(worst, std::fabs(usual[i] / direct[i] - 1));
  MESSAGE("losses from " << usual.front() << " to " << usual.back() << ", apart by " << worst);
  CHECK(usual.back() < 0.9 * usual.front());
  CHECK(worst > 0);     // else both are the same algorithm
  CHECK(worst < 1e-3);  // roundings grow from step to step, and relu may let pass what it did not
}

}  // namespace

TEST_CASE("training by Winograd's convolutions has the losses of training by direct ones, within rounding") {
  check_losses(images);
  check_losses(looped);
}

TEST_CASE("training by Winograd's convolutions has the same losses on any number of threads") {
  // filters are shared of the first convolution, images of the second, whose 40 filters are two blocks
  constexpr auto network =
      conv2d<24, 3, padding<1>> | relu | max_pool2d<2> | conv2d<40, 3, padding<1>> | relu | flatten | linear<4>;
  static_assert(winograd_division({16, 12, 24, 16, 16}).shared == winograd_shared::filters);
  static_assert(winograd_division({16, 24, 40, 8, 8}).shared == winograd_shared::images);
  std::vector<double> const alone = losses(network, cpu);
  for (int workers : {2, 3}) {
    thread_pool pool(threads{workers});
    pool.set_break_even(0);
    CHECK(losses(network, cpu.with(pool)) == alone);
    CHECK(pool.shares_of(workers - 1) > 0);
  }
}
