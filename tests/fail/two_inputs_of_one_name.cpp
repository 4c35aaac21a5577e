// SPDX-License-Identifier: MIT
// expect: two inputs, or two outputs, two losses or two targets, have one name
// expect: two_of_one_name<.*layer_name<'m', 'e', 't', 'a'
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) {
  auto h = linear<4>(a) + linear<4>(b);
  return outputs(named<"digit">(linear<3>(h)), named<"value">(linear<1>(h)));
};

#ifdef ASHLAR_TWIN
auto net = model(network, inputs(named<"image">(input<6>), named<"meta">(input<4>)), cpu, seed{1});
#else
auto net = model(network, inputs(named<"meta">(input<6>), named<"meta">(input<4>)), cpu, seed{1});
#endif
