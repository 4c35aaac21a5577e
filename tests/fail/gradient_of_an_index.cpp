// SPDX-License-Identifier: MIT
// expect: f must return a float or double; argmax, comparisons and whole numbers have no gradient
// expect: basic_value<int>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = grad<0>([](auto x) { return max(x); });
#else
auto f = grad<0>([](auto x) { return argmax(x); });
#endif

auto slope = evaluate(cpu, f, tensor<float, 3>());
