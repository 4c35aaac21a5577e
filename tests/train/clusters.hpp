// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>

#include "support/elements_of.hpp"

// A small task that a small network learns: points around three centres, the centre's number as label.
inline ashlar::dataset<2> clusters(int count, std::uint64_t seed_number) {
  ashlar::random_stream const stream(ashlar::seed{seed_number}, 1);
  float const centre[3][2] = {{1, 0}, {-1, 1}, {-1, -1}};
  std::vector<float> points;
  std::vector<std::int32_t> labels;
  for (int i = 0; i < count; ++i) {
    labels.push_back(i % 3);
    for (int k = 0; k < 2; ++k)
      points.push_back(centre[i % 3][k] + 0.3f * stream.normal(static_cast<std::uint64_t>(2 * i + k)));
  }
  return {std::move(points), std::move(labels)};
}

inline constexpr auto three_classes = ashlar::linear<16> | ashlar::tanh | ashlar::linear<3>;

// All parameters and states of a model, one behind the other.
template <class Model>
std::string bytes_of_model(Model const& net) {
  std::string all;
  net.each_variable([&](ashlar::parameter_reference const& p, auto const&) {
    std::vector<char> const own = proof::elements_of<char>(p);
    all.append(own.begin(), own.end());
  });
  return all;
}

// The sentence that f fails with.
template <class F>
std::string complaint_of(F f) {
  try {
    f();
  } catch (ashlar::error const& problem) {
    return problem.what();
  }
  return "none";
}
