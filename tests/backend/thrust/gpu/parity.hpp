// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "support/parity.hpp"
#include "train/clusters.hpp"

// What a training whose losses were read late leaves behind.
struct trained_model {
  std::vector<float> losses;
  std::vector<double> numbers;
  std::int64_t steps = 0;
};

// All parameters and states of a model in one row.
template <class Model>
std::vector<double> numbers_of(Model const& net) {
  std::vector<double> all;
  for (std::vector<double> const& one : proof::variables_of(net)) all.insert(all.end(), one.begin(), one.end());
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
