// SPDX-License-Identifier: MIT
// expect: broadcast_to: each extent of the operand must be 1 or equal
// expect: operand<2, 3>.*needs<4, 3>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x) { return broadcast_to<4, 2, 3>(x); };
#else
auto f = [](auto x) { return broadcast_to<4, 3>(x); };
#endif

auto wide = evaluate(cpu, f, tensor<float, 2, 3>());
