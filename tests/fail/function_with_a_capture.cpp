// SPDX-License-Identifier: MIT
// expect: evaluate and compile take a function without run-time state.*What it captures must become an argument
// expect: is_stateless<
#include <ashlar/ashlar.hpp>
using namespace ashlar;

float factor = 2;
tensor<float, 3> x;

#ifdef ASHLAR_TWIN
auto scaled = [](auto a) { return a * 2.0f; };
#else
auto scaled = [f = factor](auto a) { return a * f; };
#endif

auto y = evaluate(cpu, scaled, x);
