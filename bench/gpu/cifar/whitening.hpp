// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cmath>
#include <vector>

#include "images.hpp"

namespace cifar {

inline constexpr int patch = 2, patch_size = channels * patch * patch;

/// The eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.
struct eigensystem {
  using matrix = std::array<std::array<double, patch_size>, patch_size>;
  std::array<double, patch_size> values{};
  matrix vectors{};  // one in each row

  explicit eigensystem(matrix m) {
    for (int i = 0; i < patch_size; ++i) vectors[i][i] = 1;
    for (int sweep = 0; sweep < 50; ++sweep)  // five or so are needed
      for (int p = 0; p < patch_size; ++p)
        for (int q = p + 1; q < patch_size; ++q) rotate(m, p, q);
    for (int i = 0; i < patch_size; ++i) values[i] = m[i][i];
  }

 private:
  void rotate(matrix& m, int p, int q) {
    if (std::fabs(m[p][q]) < 1e-30) return;
    double const slope = (m[q][q] - m[p][p]) / (2 * m[p][q]);
    double const t = (slope < 0 ? -1 : 1) / (std::fabs(slope) + std::sqrt(slope * slope + 1));
    double const c = 1 / std::sqrt(t * t + 1), s = t * c;
    auto turn = [&](double& x, double& y) {
      double const before = x;
      x = c * x - s * y;
      y = s * before + c * y;
    };
    for (int k = 0; k < patch_size; ++k) turn(m[k][p], m[k][q]);
    for (int k = 0; k < patch_size; ++k) turn(m[p][k], m[q][k]);
    for (int k = 0; k < patch_size; ++k) turn(vectors[p][k], vectors[q][k]);
  }
};

/// Filters that make of patches of 2 x 2 pixels numbers that do not depend on each other, of deviation 1; then the same
/// with the other sign.  shape: [24, 3, 2, 2]
/// source: Jordan, arXiv:2404.00498
inline std::vector<float> whitening_filters(images const& of) {
  constexpr int most_images = 5000;
  eigensystem::matrix covariance{};
  double patches = 0;
  float pixels[numbers_of_image];
  for (int i = 0; i < of.size() && i < most_images; ++i) {
    look_at(of.pixels(i), {}, pixels);
    for (int y = 0; y + 1 < side; ++y)
      for (int x = 0; x + 1 < side; ++x, ++patches) {
        double seen[patch_size];
        for (int k = 0; k < patch_size; ++k) seen[k] = pixels[k / 4 * plane + (y + k / 2 % 2) * side + x + k % 2];
        for (int k = 0; k < patch_size; ++k)
          for (int l = 0; l < patch_size; ++l) covariance[k][l] += seen[k] * seen[l];
      }
  }
  for (auto& row : covariance)
    for (double& x : row) x /= patches;
  eigensystem const e(covariance);
  std::vector<float> filters;
  for (double const sign : {1.0, -1.0})
    for (int i = 0; i < patch_size; ++i)
      for (int k = 0; k < patch_size; ++k)
        filters.push_back(static_cast<float>(sign * e.vectors[i][k] / std::sqrt(e.values[i] + 5e-4)));
  return filters;
}

}  // namespace cifar
