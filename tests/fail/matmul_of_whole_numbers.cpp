// SPDX-License-Identifier: MIT
// expect: matmul, convolutions, pooling, mean, exp and the like take float or double
// expect: at_line<11>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x) { return matmul(convert<float>(x), convert<float>(x)); };
#else

auto f = [](auto x) { return matmul(x, x); };
#endif

auto product = evaluate(cpu, f, tensor<int, 2, 2>());
