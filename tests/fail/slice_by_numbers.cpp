// SPDX-License-Identifier: MIT
// expect: the axis and the places of a slice are template arguments: slice<1, 2, 5>\(x\)
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x) { return slice<1, 0, 2>(x); };
#else
auto f = [](auto x) { return slice<1>(x, 0, 2); };
#endif

auto part = evaluate(cpu, f, tensor<float, 2, 3>());
