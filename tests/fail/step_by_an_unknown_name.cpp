// SPDX-License-Identifier: MIT
// expect: there is no input .or target. of this name, or it is given twice
// expect: named_tensor_reference<.*"?(images|'i'|105)
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) {
  auto h = linear<4>(a) + linear<4>(b);
  return outputs(named<"digit">(linear<3>(h)), named<"value">(linear<1>(h)));
};
auto net = model(network, inputs(named<"image">(input<6>), named<"meta">(input<4>)), cpu, seed{1});
auto t = make_trainer(net, losses(named<"digit">(cross_entropy), named<"value">(mse)), sgd{}, batch<8>);
tensor<float, 5, 6> image;
tensor<float, 5, 4> meta;
tensor<std::int32_t, 5> labels;
tensor<float, 5, 1> values;

#ifdef ASHLAR_TWIN
float loss = t.step(named<"value">(values), named<"image">(image), named<"digit">(labels), named<"meta">(meta));
#else
float loss = t.step(named<"value">(values), named<"images">(image), named<"digit">(labels), named<"meta">(meta));
#endif
