// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>

namespace networks {

using namespace ashlar;

/// ResNet-50, with the stride in the 3 x 3 convolution. The equal blocks of a stage are one repeated block.
/// shape: [batch, 3, h, w] -> [batch, 1000]; 25,557,032 parameters
/// source: He et al., arXiv:1512.03385; torchvision's resnet50
struct resnet50 {
  template <int Out, int Kernel, class... Options>
  static constexpr auto normed = conv2d<Out, Kernel, no_bias, Options...> | batch_norm;

  template <int Width, int Stride>
  static constexpr auto branch =
      normed<Width, 1> | relu | normed<Width, 3, stride<Stride>, padding<1>> | relu | normed<4 * Width, 1>;
  template <int Width>
  struct block {
    template <class V>
    constexpr V operator()(V x) const {
      return relu(x + branch<Width, 1>(x));
    }
  };
  /// The first block of a stage: its shortcut is a convolution.
  template <int Width, int Stride>
  struct first_block {
    template <class V>
    constexpr auto operator()(V x) const {
      auto shortcut = named<"downsample">(normed<4 * Width, 1, stride<Stride>>)(x);
      return relu(branch<Width, Stride>(x) + shortcut);
    }
  };
  template <int Width, int Stride, int Blocks>
  static constexpr auto stage = first_block<Width, Stride>{} | repeat<Blocks - 1>(block<Width>{});

  static constexpr auto network = normed<64, 7, stride<2>, padding<3>> | relu | max_pool2d<3, stride<2>, padding<1>> |
                                  stage<64, 1, 3> | stage<128, 2, 4> | stage<256, 2, 6> | stage<512, 2, 3> |
                                  global_avg_pool | linear<1000>;
};

}  // namespace networks
