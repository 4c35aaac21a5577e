// SPDX-License-Identifier: MIT
// expect: matmul\(a, b\): the columns of a must equal the rows of b
// expect: matmul_inner_extents_differ<784, 256, .*<64, 784>.*<256, 10>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

tensor<float, 64, 784> x;
inline constexpr auto energy = [](auto a, auto b) { return sum(square(tanh(matmul(a, b)))); };
inline constexpr auto steepness = [](auto a, auto b) { return sum(square(grad<1>(energy)(a, b))); };

#ifdef ASHLAR_TWIN
tensor<float, 784, 10> w;
#else
tensor<float, 256, 10> w;
#endif

auto fast = compile(cpu, grad<0>(steepness), x, w);
