// SPDX-License-Identifier: MIT
// expect: the dataset has no column for this input or target
// expect: 'm', 'e', 't', 'a'
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) { return linear<3>(a) + linear<3>(b); };

#ifdef ASHLAR_TWIN
tensor_dataset data{named<"image">(column<float, 4>{}), named<"meta">(column<float, 2>{}), column<std::int32_t>{}};
#else
tensor_dataset data{named<"image">(column<float, 4>{}), named<"mata">(column<float, 2>{}), column<std::int32_t>{}};
#endif
auto net = model(network, inputs(named<"image">(input<4>), named<"meta">(input<2>)), cpu, seed{1});

double share = accuracy(net, data);
