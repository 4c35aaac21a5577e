// SPDX-License-Identifier: MIT
// expect: this one holds layers with parameters or
// expect g++: Parameters = 50; .*States = 0
// expect clang: 50L? == 0
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 3, 4> x;

#ifdef ASHLAR_TWIN
auto y = evaluate(cpu, relu, x);
#else
auto y = evaluate(cpu, linear<10>, x);
#endif
