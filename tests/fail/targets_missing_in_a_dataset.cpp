// SPDX-License-Identifier: MIT
// expect: a dataset has a column for each input and then one for each target
// expect: 2, 3
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) { return linear<3>(a) + linear<3>(b); };

#ifdef ASHLAR_TWIN
tensor_dataset data{column<float, 2>{}, column<float, 4>{}, column<std::int32_t>{}};
#else
tensor_dataset data{column<float, 2>{}, column<float, 4>{}};
#endif
auto net = model(network, inputs(input<2>, input<4>), cpu, seed{1});
auto trainer_of_it = make_trainer(net, cross_entropy, adam{}, batch<16>);

float loss = trainer_of_it.step(batches(data, 16)[0]);
