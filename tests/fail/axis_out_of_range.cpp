// SPDX-License-Identifier: MIT
// expect: an axis is out of range for this value
// expect g\+\+: int Rank = 2; int Axis = 2
// expect clang: axis_of<2, 2>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x) { return flip(roll<-2, 1>(cumsum<1>(x)), axes<0>); };
#else

auto f = [](auto x) { return flip(roll<-2, 1>(cumsum<2>(x)), axes<0>); };
#endif

auto y = evaluate(cpu, f, tensor<float, 2, 3>());
