// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>

namespace networks {

/// VGG16, configuration D: its convolutions, and all of it.
/// shape: [batch, 3, 224, 224] -> [batch, 1000]; 138,357,544 parameters
/// source: Simonyan, Zisserman, arXiv:1409.1556; torchvision's vgg16
inline constexpr auto vgg16_features = [] {
  using namespace ashlar;
  return conv2d<64, 3, padding<1>> | relu | conv2d<64, 3, padding<1>> | relu | max_pool2d<2> |
         conv2d<128, 3, padding<1>> | relu | conv2d<128, 3, padding<1>> | relu | max_pool2d<2> |
         conv2d<256, 3, padding<1>> | relu | conv2d<256, 3, padding<1>> | relu | conv2d<256, 3, padding<1>> | relu |
         max_pool2d<2> | conv2d<512, 3, padding<1>> | relu | conv2d<512, 3, padding<1>> | relu |
         conv2d<512, 3, padding<1>> | relu | max_pool2d<2> | conv2d<512, 3, padding<1>> | relu |
         conv2d<512, 3, padding<1>> | relu | conv2d<512, 3, padding<1>> | relu | max_pool2d<2> | flatten;
}();
inline constexpr auto vgg16 = [] {
  using namespace ashlar;
  return vgg16_features | linear<4096> | relu | dropout<0.5> | linear<4096> | relu | dropout<0.5> | linear<1000>;
}();
/// The same without dropout, so that two implementations can be compared step by step.
inline constexpr auto vgg16_without_dropout = [] {
  using namespace ashlar;
  return vgg16_features | linear<4096> | relu | linear<4096> | relu | linear<1000>;
}();

}  // namespace networks
