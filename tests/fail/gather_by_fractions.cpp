// SPDX-License-Identifier: MIT
// expect: the indices must be int32, in the shape of the values but for the extent of the axis
// expect: basic_value<float, 2, 3>.*basic_value<float, 2, 1>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 2, 3> a;
#ifdef ASHLAR_TWIN
tensor<std::int32_t, 2, 1> b;
#else
tensor<float, 2, 1> b;
#endif

auto y = evaluate(
    cpu, [](auto x, auto i) { return gather<1>(x, i); }, a, b);
