// SPDX-License-Identifier: MIT
// expect: a number beside whole ones must be of their dtype
// expect: at_line<11>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x) { return convert<float>(x) * 0.5 + convert<float>(x / 2); };
#else

auto f = [](auto x) { return x * 0.5; };
#endif

auto y = evaluate(cpu, f, tensor<int, 4>());
