// SPDX-License-Identifier: MIT
// expect: the shapes of the two operands do not broadcast
// expect: operands_do_not_broadcast<3, 4, .*left_operand<5, 4, 3>.*right_operand<5, 1, 4>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 5, 4, 3> x;
inline constexpr auto total = [](auto a, auto b) { return sum(a * b); };

#ifdef ASHLAR_TWIN
tensor<float, 5, 1, 3> y;
#else
tensor<float, 5, 1, 4> y;
#endif

float result = evaluate(cpu, total, x, y);
