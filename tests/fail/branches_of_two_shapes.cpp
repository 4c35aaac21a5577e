// SPDX-License-Identifier: MIT
// expect: the shapes of the two operands do not broadcast
// expect: left_operand<3>.*right_operand<4>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x, auto y) { return select(x > 0.0f, x, y); };
constexpr int extent = 3;
#else
auto f = [](auto x, auto y) { return select(x > 0.0f, x, y); };
constexpr int extent = 4;
#endif

auto chosen = evaluate(cpu, f, tensor<float, 3>(), tensor<float, extent>());
