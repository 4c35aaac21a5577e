// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>
#include <vector>

#include <ashlar/device.hpp>

#include "backend/thrust/gpu/parity.hpp"
#include "support/emulated_libraries.hpp"

namespace gpu_libraries {

using namespace ashlar;
using emulated_libraries::calls;

inline bool const installed = (emulated_libraries::install(), true);  // before a program looks for them

// Every transpose and extent of a product that a network makes, with a ReLU and without one behind the bias.
inline constexpr auto perceptron = linear<24> | relu | linear<20> | relu | linear<3>;
inline constexpr auto images = conv2d<6, 3, padding<1>, no_bias> | batch_norm | relu |
                               conv2d<8, 3, stride<2>, groups<2>> | relu | conv2d<4, 1, dilation<2>> | flatten |
                               linear<3>;

// Each step has one of these numbers of rows, in turn.
template <class Net, class Policy, int... D>
std::vector<double> trained(Net const& network, input_type<float, D...> const& sample, Policy const& policy,
                            std::vector<int> const& rows) {
  auto net = model(network, sample, policy, seed{3});
  auto t = make_trainer(net, cross_entropy, adam{}, batch<8>);
  std::vector<double> seen;
  for (int i = 0; i < 6; ++i) {
    tensor<float, 8, D...> x;
    tensor<std::int32_t, 8> y;
    random_normal(x, seed{static_cast<std::uint64_t>(i)});
    for (int r = 0; r < 8; ++r) y[r] = (r + i) % 3;
    if (rows[static_cast<std::size_t>(i) % rows.size()] == 8) {
      seen.push_back(t.step(x, y));
    } else {
      tensor<float, 5, D...> less;
      tensor<std::int32_t, 5> labels;
      std::memcpy(less.data(), x.data(), static_cast<std::size_t>(less.size()) * sizeof(float));
      for (int r = 0; r < 5; ++r) labels[r] = y[r];
      seen.push_back(t.step(less, labels));
    }
  }
  auto const numbers = numbers_of(net);
  seen.insert(seen.end(), numbers.begin(), numbers.end());
  return seen;
}
template <class Net, class Policy, int... D>
std::vector<double> trained(Net const& network, input_type<float, D...> const& sample, Policy const& policy, int rows) {
  return trained(network, sample, policy, std::vector<int>{rows});
}
template <class Net, class Policy>
std::vector<double> predicted(Net const& network, Policy const& policy) {
  auto const net = model(network, input<10>, policy, seed{3});
  tensor<float, 64, 10> x;  // as many as predictions are made at once
  random_normal(x, seed{5});
  auto const y = predict(net, x);
  return {y.data(), y.data() + y.size()};
}
inline int count_of(cublasLtEpilogue_t e) { return calls().with[e]; }

// Sums are added in double by the emulated libraries; Adam divides by them where they are small.
inline constexpr double rounding = 2e-4;

}  // namespace gpu_libraries
