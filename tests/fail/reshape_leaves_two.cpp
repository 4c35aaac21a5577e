// SPDX-License-Identifier: MIT
// expect: reshape must keep the number of elements; one extent may be -1
// expect: reshape_to_another_size<12, -1, .*<3, 4>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 3, 4> x;

#ifdef ASHLAR_TWIN
inline constexpr auto folded = [](auto a) { return reshape<-1, 2, 3>(a); };
#else
inline constexpr auto folded = [](auto a) { return reshape<-1, -2, 6>(a); };
#endif

auto y = evaluate(cpu, folded, x);
