// SPDX-License-Identifier: MIT
// expect: there must be one target for each sample, and a sample of each input
// expect: other_number_of_rows<5, 6>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) {
  auto h = linear<4>(a) + linear<4>(b);
  return outputs(named<"digit">(linear<3>(h)), named<"value">(linear<1>(h)));
};
auto net = model(network, inputs(named<"image">(input<6>), named<"meta">(input<4>)), cpu, seed{1});
tensor<float, 5, 6> image;

#ifdef ASHLAR_TWIN
tensor<float, 5, 4> meta;
#else
tensor<float, 6, 4> meta;
#endif

auto result = predict(net, image, meta);
