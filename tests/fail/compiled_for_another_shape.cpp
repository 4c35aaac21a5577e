// SPDX-License-Identifier: MIT
// expect: tensors of exactly the types it was compiled for
// expect: float, 3>.*float, 2>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
constexpr int extent = 2;
#else
constexpr int extent = 3;
#endif

float norm() {
  auto f = compile(
      cpu, [](auto x) { return sum(x * x); }, tensor<float, 2>());
  return f(tensor<float, extent>());
}
