// SPDX-License-Identifier: MIT
// expect: this one holds layers with parameters or
// expect: function_with_parameters<50, 0>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 3, 4> x;

#ifdef ASHLAR_TWIN
auto y = evaluate(cpu, relu, x);
#else
auto y = evaluate(cpu, linear<10>, x);
#endif
