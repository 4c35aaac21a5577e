// SPDX-License-Identifier: MIT
// expect: the dtype of the samples and their axes after the first must be the network's input
// expect: tensor<long( int)?, 5, 2>.*tensor<int, 5, 2>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto tokens, auto b) { return linear<3>(convert<float>(tokens)) + linear<3>(b); };
auto net = model(network, inputs(named<"tokens">(input_of<std::int32_t, 2>), input<4>), cpu, seed{1});
auto t = make_trainer(net, cross_entropy, sgd{}, batch<8>);
tensor<float, 5, 4> meta;
tensor<std::int32_t, 5> labels;

#ifdef ASHLAR_TWIN
tensor<std::int32_t, 5, 2> tokens;
#else
tensor<std::int64_t, 5, 2> tokens;
#endif

float loss = t.step(tokens, meta, labels);
