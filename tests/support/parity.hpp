// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include <ashlar/device.hpp>

/// The same training on two policies, to be compared.
namespace proof {

using namespace ashlar;

/// What a training leaves behind: the loss of each step, and all parameters and states, one after the other.
struct trained {
  std::vector<double> losses;
  std::vector<std::vector<double>> variables;
};

template <class Net>
std::vector<std::vector<double>> variables_of(Net const& net) {
  std::vector<std::vector<double>> all;
  net.each_variable([&](parameter_reference const& p, auto const&) {
    std::vector<char> bytes(static_cast<std::size_t>(p.byte_count()));
    p.read(bytes.data());
    std::vector<double>& to = all.emplace_back();
    for (std::int64_t i = 0; i < p.size(); ++i) {
      switch (p.type()) {
        case dtype::float32: to.push_back(static_cast<double>(reinterpret_cast<float const*>(bytes.data())[i])); break;
        case dtype::float64: to.push_back(reinterpret_cast<double const*>(bytes.data())[i]); break;
        default: to.push_back(static_cast<double>(reinterpret_cast<std::int64_t const*>(bytes.data())[i]));
      }
    }
  });
  return all;
}

/// The largest difference between two trainings: of losses relative to the first one, of the elements of a variable to
/// the largest of them.
inline double distance(trained const& a, trained const& b) {
  if (a.losses.size() != b.losses.size() || a.variables.size() != b.variables.size()) return INFINITY;
  double most = 0;
  auto see = [&](double x, double y, double scale) {
    double const d = x == y ? 0 : std::fabs(x - y) / scale;
    if (!(d <= most) && most == most) most = d;  // NaN stays
  };
  for (std::size_t i = 0; i < a.losses.size(); ++i) see(a.losses[i], b.losses[i], a.losses[0]);
  for (std::size_t k = 0; k < a.variables.size(); ++k) {
    double largest = 0;
    for (double x : a.variables[k]) largest = std::fmax(largest, std::fabs(x));
    for (std::size_t i = 0; i < a.variables[k].size(); ++i) see(a.variables[k][i], b.variables[k][i], largest);
  }
  return most;
}

/// 50 steps on random samples and labels, every third on 5 rows instead of 8.
template <class Net, class Objective, class Optimizer, class T, int... D, class L, int... E>
trained train(Net net, Objective const& objective, Optimizer const& optimizer, tensor<T, 8, D...> const& samples,
              tensor<L, 8, E...> const& targets) {
  trained result;
  auto t = make_trainer(net, objective, optimizer, batch<8>);
  tensor<T, 5, D...> const fewer(samples.view().template slice<0, 5>(2));
  tensor<L, 5, E...> const less(targets.view().template slice<0, 5>(2));
  for (int step = 0; step < 50; ++step)
    result.losses.push_back(step % 3 == 2 ? float(t.step(fewer, less)) : float(t.step(samples, targets)));
  result.variables = variables_of(net);
  return result;
}

}  // namespace proof
