// SPDX-License-Identifier: MIT
// expect: matmul\(a, b\) takes matrices, or batches of matrices
// expect: float, 2, 3>.*float, 3>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x, auto y) { return matmul(x, reshape<3, 1>(y)); };
#else
auto f = [](auto x, auto y) { return matmul(x, y); };
#endif

auto product = evaluate(cpu, f, tensor<float, 2, 3>(), tensor<float, 3>());
