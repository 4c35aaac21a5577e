// SPDX-License-Identifier: MIT
// expect: layers and operators take values
// expect: tensor<float, 2, 3>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto sum_of(tensor<float, 2, 3> const& a) {
  return evaluate(
      cpu, [](auto x) { return x + x; }, a);
}
#else
auto sum_of(tensor<float, 2, 3> const& a) { return a + a; }
#endif
