// SPDX-License-Identifier: MIT
// expect: the axes of sum, mean and max are template arguments
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x) { return sum(x, axes<0>); };
#else
auto f = [](auto x) { return sum(x, 0); };
#endif

auto total = evaluate(cpu, f, tensor<float, 2, 3>());
