// SPDX-License-Identifier: MIT
// expect: two layers have one name
// expect: layer_path<.*'h', 'e', 'a', 'd'
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto network = named<"body">(linear<4>) | named<"head">(linear<5>);
#else
inline constexpr auto network = named<"head">(linear<4>) | named<"head">(linear<5>);
#endif

auto net = model(network, input<16>, cpu, seed{1});
