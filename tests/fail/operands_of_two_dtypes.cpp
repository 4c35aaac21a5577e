// SPDX-License-Identifier: MIT
// expect: two operands must share a dtype; convert<T>\(x\) changes one
// expect: operands_differ_in_dtype<double, float, .*left_operand<8>.*right_operand<8>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<double, 8> x;
tensor<float, 8> y;

#ifdef ASHLAR_TWIN
inline constexpr auto total = [](auto a, auto b) { return sum(a + convert<double>(b)); };
#else
inline constexpr auto total = [](auto a, auto b) { return sum(a + b); };
#endif

double result = evaluate(cpu, total, x, y);
