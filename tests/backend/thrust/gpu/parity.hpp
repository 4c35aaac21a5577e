// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include <ashlar/device.hpp>

#include "train/clusters.hpp"

// One row of numbers for each step of a training, beside the model that it leaves.
struct trained_model {
  std::vector<float> losses;
  std::vector<double> numbers;  // parameters, then states
  std::int64_t steps = 0;
};

template <class Model>
std::vector<double> numbers_of(Model const& net) {
  std::vector<double> all;
  net.each_variable([&](ashlar::parameter_reference const& p, auto const&) {
    std::vector<char> bytes(static_cast<std::size_t>(p.byte_count()));
    p.read(bytes.data());
    for (std::int64_t i = 0; i < p.size(); ++i) {
      if (p.type() == ashlar::dtype::int64)
        all.push_back(static_cast<double>(reinterpret_cast<std::int64_t const*>(bytes.data())[i]));
      else
        all.push_back(reinterpret_cast<float const*>(bytes.data())[i]);
    }
  });
  return all;
}

// The largest difference between two rows of numbers, by the size of the larger one where that is above 1. NaN are
// equal.
template <class T>
double largest_difference(std::vector<T> const& a, std::vector<T> const& b) {
  if (a.size() != b.size()) return INFINITY;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    double const size = std::fmax(1, std::fmax(std::fabs(a[i]), std::fabs(b[i])));
    double const apart = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])) / size;
    largest = apart <= largest ? largest : apart;  // NaN too
  }
  return largest;
}
