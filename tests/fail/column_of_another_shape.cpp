// SPDX-License-Identifier: MIT
// expect: the dtype and the extents of a dataset's column must be those of the network's input, or of the objective's
// expect: basic_value<.*int.*, 1, 4>.*basic_value<float, \d+, 4>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) { return linear<3>(a) + linear<3>(b); };

#ifdef ASHLAR_TWIN
tensor_dataset data{column<float, 2>{}, column<float, 4>{}, column<std::int32_t>{}};
#else
tensor_dataset data{column<float, 2>{}, column<std::int32_t, 4>{}, column<std::int32_t>{}};
#endif
auto net = model(network, inputs(input<2>, input<4>), cpu, seed{1});

auto result = fit(net, data, data, cross_entropy, adam{}, batch<16>);
