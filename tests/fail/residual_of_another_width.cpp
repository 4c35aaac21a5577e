// SPDX-License-Identifier: MIT
// expect: the shapes of the two operands do not broadcast
// expect: operands_do_not_broadcast<64, 32, .*layer_path<.*index<1>, .*iteration
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto block = [](auto x) { return x + (relu | linear<64>)(x); };
#else
inline constexpr auto block = [](auto x) { return x + (relu | linear<32>)(x); };
#endif

inline constexpr auto network = linear<64> | repeat<3>(block) | linear<10>;
auto net = model(network, input<16>, cpu, seed{1});
