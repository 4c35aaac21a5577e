// SPDX-License-Identifier: MIT
// expect: permute<...> needs each axis of the value exactly once
// expect g++: Order = \{0, 0\}
// expect clang: permute<0, 0
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 3, 4> x;

#ifdef ASHLAR_TWIN
inline constexpr auto turned = [](auto a) { return permute<1, 0>(a); };
#else
inline constexpr auto turned = [](auto a) { return permute<0, 0>(a); };
#endif

auto y = evaluate(cpu, turned, x);
