// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>

namespace networks {

/// LeNet-5 with max pooling and ReLU.  shape: [batch, 1, 28, 28] -> [batch, 10]; 61,706 parameters
/// source: LeCun et al., "Gradient-based learning applied to document recognition", 1998
inline constexpr auto lenet = [] {
  using namespace ashlar;
  return conv2d<6, 5, padding<2>> | relu | max_pool2d<2> | conv2d<16, 5> | relu | max_pool2d<2> | flatten |
         linear<120> | relu | linear<84> | relu | linear<10>;
}();

}  // namespace networks
