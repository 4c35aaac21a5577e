// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>

#include "backend/thrust/gpu/parity.hpp"
#include "support/emulated_libraries.hpp"

/// What is trained with emulated libraries, and what they were asked for.
namespace library_parity {

using namespace ashlar;
using emulated_libraries::calls;

inline bool const installed = (emulated_libraries::install(), true);  // before a program looks for them

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
inline int count_of(cublasLtEpilogue_t e) { return calls().with[e]; }

// Sums are added in double by the emulated libraries; Adam divides by them where they are small.
inline constexpr double rounding = 2e-4;

}  // namespace library_parity
