// SPDX-License-Identifier: MIT
// expect: argument number I must be of float or double
// expect: basic_value<int, 2>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = grad<0>([](auto x) { return sum(x * x); });
using number = float;
#else
auto f = grad<0>([](auto x) { return sum(x * x); });
using number = int;
#endif

auto slope = evaluate(cpu, f, tensor<number, 2>());
