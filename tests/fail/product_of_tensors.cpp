// SPDX-License-Identifier: MIT
// expect: layers and operators take values
// expect: tensor<float, 2, 2>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x) { return matmul(x, x); };
auto square_of(tensor<float, 2, 2> const& a) { return evaluate(cpu, f, a); }
#else
auto square_of(tensor<float, 2, 2> const& a) { return matmul(a, a); }
#endif
