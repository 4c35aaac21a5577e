// SPDX-License-Identifier: MIT
// expect: a function of one tensor at least that returns a value
// expect: <double
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x) { return 2.0 * x; };
#else
auto f = [](auto) { return 2.0; };
#endif

auto number = evaluate(cpu, f, tensor<float, 2>());
