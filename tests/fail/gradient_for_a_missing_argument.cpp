// SPDX-License-Identifier: MIT
// expect: grad<I>\(f\): f has no argument number I; they count from 0
// expect: gradient_for_no_argument<2, 5>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 3> x;
inline constexpr auto dot = [](auto a, auto b) { return sum(a * b); };

#ifdef ASHLAR_TWIN
auto slope = evaluate(cpu, grad<1>(dot), x, x);
#else
auto slope = evaluate(cpu, grad<5>(dot), x, x);
#endif
