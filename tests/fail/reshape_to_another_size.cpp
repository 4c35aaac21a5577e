// SPDX-License-Identifier: MIT
// expect: reshape must keep the number of elements
// expect: reshape_to_another_size<12, 10, .*<3, 4>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 3, 4> x;

#ifdef ASHLAR_TWIN
inline constexpr auto folded = [](auto a) { return reshape<2, 6>(a); };
#else
inline constexpr auto folded = [](auto a) { return reshape<2, 5>(a); };
#endif

auto y = evaluate(cpu, folded, x);
