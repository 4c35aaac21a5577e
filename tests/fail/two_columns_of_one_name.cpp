// SPDX-License-Identifier: MIT
// expect: two columns of a dataset have one name
#include <ashlar/ashlar.hpp>
using namespace ashlar;

inline constexpr auto network = [](auto a, auto b) { return linear<3>(a) + linear<3>(b); };

#ifdef ASHLAR_TWIN
tensor_dataset data{named<"a">(column<float, 4>{}), named<"b">(column<float, 4>{}), column<std::int32_t>{}};
#else
tensor_dataset data{named<"a">(column<float, 4>{}), named<"a">(column<float, 4>{}), column<std::int32_t>{}};
#endif
auto net = model(network, inputs(named<"a">(input<4>), named<"b">(input<4>)), cpu, seed{1});

double share = accuracy(net, data);
