// SPDX-License-Identifier: MIT
// expect: all operands must share a dtype and all extents but that of concat's axis
// expect: basic_value<float, 2, 3>.*basic_value<float, 4, 5>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 2, 3> a;
#ifdef ASHLAR_TWIN
tensor<float, 2, 5> b;
#else
tensor<float, 4, 5> b;
#endif

auto y = evaluate(
    cpu, [](auto x, auto y) { return concat<1>(x, y); }, a, b);
