// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <vector>

#include <ashlar/core/random.hpp>
#include <ashlar/core/shape.hpp>

namespace ashlar::inline ASHLAR_ABI::detail {

/// A matrix of extents[0] rows, or columns where those are fewer, that are orthonormal: normal numbers by Gram and
/// Schmidt's method, twice for each vector, which loses no digits. Row-major, as the parameter is.
/// cost: 4 m^2 n multiplications for m <= n rows and columns
/// source: Saxe, McClelland, Ganguli, arXiv:1312.6120; Giraud et al., "The loss of orthogonality in the Gram-Schmidt
/// orthogonalization process", 2005
inline std::vector<double> orthogonal_rows(shape const& extents, random_stream const& stream) {
  std::int64_t const rows = extents[0], columns = extents.size() / rows;
  std::int64_t const count = rows < columns ? rows : columns, length = rows < columns ? columns : rows;
  std::vector<double> q(static_cast<std::size_t>(rows * columns));
  for (std::size_t i = 0; i < q.size(); ++i) q[i] = static_cast<double>(stream.normal(i));
  for (std::int64_t k = 0; k < count; ++k) {
    double* const v = q.data() + k * length;
    auto dot = [&](double const* u) {
      double sum = 0;
      for (std::int64_t i = 0; i < length; ++i) sum += u[i] * v[i];
      return sum;
    };
    for (int pass = 0; pass < 2; ++pass)
      for (std::int64_t j = 0; j < k; ++j) {
        double const* const u = q.data() + j * length;
        double const along = dot(u);
        for (std::int64_t i = 0; i < length; ++i) v[i] -= along * u[i];
      }
    double const norm = std::sqrt(dot(v));
    for (std::int64_t i = 0; i < length; ++i) v[i] /= norm;
  }
  if (count == rows) return q;
  std::vector<double> turned(q.size());
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      turned[static_cast<std::size_t>(r * columns + c)] = q[static_cast<std::size_t>(c * length + r)];
  return turned;
}

}  // namespace ashlar::inline ASHLAR_ABI::detail
