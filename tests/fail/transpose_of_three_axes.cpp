// SPDX-License-Identifier: MIT
// expect: transpose takes a matrix
// expect: operand<2, 3, 4>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x) { return permute<0, 2, 1>(x); };
#else
auto f = [](auto x) { return transpose(x); };
#endif

auto turned = evaluate(cpu, f, tensor<float, 2, 3, 4>());
