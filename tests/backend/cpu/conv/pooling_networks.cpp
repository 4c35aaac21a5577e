// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <vector>

#include <ashlar/ashlar.hpp>

#include <doctest/doctest.h>

using namespace ashlar;
using namespace ashlar::detail;

namespace {

inline constexpr auto images = conv2d<24, 3, padding<1>> | relu | max_pool2d<2> | conv2d<40, 3> | max_pool2d<2> |
                               conv2d<32, 3, padding<1>, no_bias> | max_pool2d<2> | flatten | linear<4>;
inline constexpr auto looped =
    repeat<2>(conv2d<12, 3, padding<1>> | relu | max_pool2d<2> | conv_transpose2d<12, 2, stride<2>>) | flatten |
    linear<4>;

/// Convolution steps that pool.
template <class Program>
int pooling_steps() {
  int found = 0;
  auto const& t = Program::tables;
  for (int s = 0; s < t.sizes.steps; ++s) {
    if (t.steps[s].loop >= 0) continue;
    int const begin = t.kernel_begin[t.steps[s].kernel];
    if (static_cast<kernel_kind>(t.code[begin]) == kernel_kind::conv) found += t.code[begin + 2] == conv_way::pooled;
  }
  return found;
}
template <class Net>
using step_of = training_recorder<Net, input_type<float, 12, 42, 38>, void, cross_entropy_loss, sgd, 8>;

/// What a policy predicts, then the losses of training steps, of whole batches and parts.
template <class Net, class Policy>
std::vector<float> numbers_of(Net const& network, Policy const& policy) {
  auto net = model(network, input<12, 42, 38>, policy, seed{5});
  tensor<float, 8, 12, 42, 38> x;
  tensor<std::int32_t, 8> labels;
  random_normal(x, seed{1});
  for (int r = 0; r < 8; ++r) labels[r] = r % 4;
  std::vector<float> all;
  auto add = [&](auto const& t) { all.insert(all.end(), t.data(), t.data() + t.size()); };
  add(predict(net, x));
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.02f}, batch<8>);
  tensor<float, 5, 12, 42, 38> some;
  tensor<std::int32_t, 5> some_labels;
  random_normal(some, seed{2});
  for (int r = 0; r < 5; ++r) some_labels[r] = r % 3;
  for (int step = 0; step < 4; ++step) {
    all.push_back(t.step(x, labels));
    all.push_back(t.step(some, some_labels));
  }
  add(predict(net, x));
  return all;
}
template <class Net>
void check_network(Net const& network, int steps) {
  CHECK(pooling_steps<cpu_policy<>::program<step_of<Net>>>() == steps);
  CHECK(pooling_steps<cpu_policy<no_winograd_type>::program<step_of<Net>>>() == 0);
  CHECK(pooling_steps<cpu_policy<no_fusion_type>::program<step_of<Net>>>() == 0);
  std::vector<float> const usual = numbers_of(network, cpu), plain = numbers_of(network, cpu.with(no_fusion));
  float worst = 0;
  for (std::size_t i = 0; i < usual.size(); ++i) worst = std::max(worst, std::fabs(usual[i] - plain[i]));
  CHECK(worst < 3e-5f);  // both are Winograd's, sums elsewhere have another order
  for (int workers : {2, 3}) {
    thread_pool pool(threads{workers});
    pool.set_break_even(0);
    CHECK(numbers_of(network, cpu.with(pool)) == usual);
  }
}

}  // namespace

TEST_CASE("networks whose convolutions pool predict and learn as without fusion, on any number of threads") {
  check_network(images, 3);
}

TEST_CASE("convolutions in loops pool, too") { check_network(looped, 1); }
