// SPDX-License-Identifier: MIT
// expect: layers and operators take values
// expect: tensor<float, 2, 3>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto positive(tensor<float, 2, 3> const& a) { return evaluate(cpu, relu, a); }
#else
auto positive(tensor<float, 2, 3> const& a) { return relu(a); }
#endif
