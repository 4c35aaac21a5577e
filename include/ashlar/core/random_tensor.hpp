// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <cstdint>
#include <type_traits>

#include <ashlar/core/config.hpp>
#include <ashlar/core/random.hpp>
#include <ashlar/core/tensor.hpp>

namespace ashlar::inline ASHLAR_ABI {

/// Fills a tensor with normal numbers of mean 0. A tensor of double gets those of a tensor of float.
template <class T, int... Dims>
void random_normal(tensor<T, Dims...>& x, seed s, std::type_identity_t<T> stddev = 1) {
  static_assert(std::is_floating_point_v<T>, "random_normal: the tensor must be of float or double");
  random_stream const stream(s, hash_path("random_normal", 13));
  for (std::int64_t i = 0; i < x.size(); ++i)
    x[i] = stddev * static_cast<T>(stream.normal(static_cast<std::uint64_t>(i)));
}

/// Fills a tensor with numbers spread evenly over [low, high).
template <class T, int... Dims>
void random_uniform(tensor<T, Dims...>& x, seed s, std::type_identity_t<T> low = 0, std::type_identity_t<T> high = 1) {
  static_assert(std::is_floating_point_v<T>, "random_uniform: the tensor must be of float or double");
  random_stream const stream(s, hash_path("random_uniform", 14));
  for (std::int64_t i = 0; i < x.size(); ++i) {
    auto const element = static_cast<std::uint64_t>(i);
    T unit;
    if constexpr (std::is_same_v<T, double>)
      unit = stream.uniform_double(element);
    else
      unit = stream.uniform(element);
    // fma, or the bits would depend on whether the compiler contracts; its rounding may reach `high`.
    T const value = std::fma(high - low, unit, low);
    x[i] = value < high ? value : low;
  }
}

}  // namespace ashlar::inline ASHLAR_ABI
