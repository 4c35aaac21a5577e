// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>

namespace networks {

/// Dense layers of these widths with ReLU between them.  shape: [batch, n] -> [batch, last width]
template <int Width, int... Rest>
inline constexpr auto mlp = [] {
  using namespace ashlar;
  if constexpr (sizeof...(Rest) == 0)
    return linear<Width>;
  else
    return linear<Width> | relu | mlp<Rest...>;
}();

}  // namespace networks
