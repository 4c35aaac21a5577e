// SPDX-License-Identifier: MIT
// expect: mean, exp and the like take float or double
// expect: at_line<11>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x) { return mean(exp(convert<float>(x))); };
#else

auto f = [](auto x) { return sum(x) + mean(x); };
#endif

auto y = evaluate(cpu, f, tensor<int, 4>());
