// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/ashlar.hpp>

namespace networks {

using namespace ashlar;

/// ResNet-18 for images of 32 x 32: a first convolution of 3 x 3 without pooling.
/// shape: [batch, 3, 32, 32] -> [batch, 10]; 11,173,962 parameters
/// source: He et al., arXiv:1512.03385
struct resnet18 {
  template <int Out, int Kernel, class... Options>
  static constexpr auto normed = conv2d<Out, Kernel, no_bias, Options...> | batch_norm;

  template <int Width, int Stride>
  static constexpr auto branch = normed<Width, 3, stride<Stride>, padding<1>> | relu | normed<Width, 3, padding<1>>;
  template <int Width>
  struct block {
    template <class V>
    constexpr V operator()(V x) const {
      return relu(x + branch<Width, 1>(x));
    }
  };
  /// The first block of a stage: its shortcut is a convolution.
  template <int Width>
  struct first_block {
    template <class V>
    constexpr auto operator()(V x) const {
      auto shortcut = named<"downsample">(normed<Width, 1, stride<2>>)(x);
      return relu(branch<Width, 2>(x) + shortcut);
    }
  };
  static constexpr auto network = normed<64, 3, padding<1>> | relu | repeat<2>(block<64>{}) | first_block<128>{} |
                                  block<128>{} | first_block<256>{} | block<256>{} | first_block<512>{} | block<512>{} |
                                  global_avg_pool | linear<10>;
};

}  // namespace networks
