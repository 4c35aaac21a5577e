// SPDX-License-Identifier: MIT
// expect: grad\(f\): f must return a single number; use sum or mean
// expect: gradient_of_many_numbers<12, .*basic_value<float, 3, 4>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 3, 4> x;

#ifdef ASHLAR_TWIN
inline constexpr auto squares = [](auto a) { return sum(a * a); };
#else
inline constexpr auto squares = [](auto a) { return a * a; };
#endif

auto slope = evaluate(cpu, grad<0>(squares), x);
