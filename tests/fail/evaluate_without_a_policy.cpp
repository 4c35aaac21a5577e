// SPDX-License-Identifier: MIT
// expect: evaluate and compile take \(policy, function, tensors...\)
// expect: tensor<float, 2>
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto policy = cpu;
auto f = [](auto x) { return x * x; };
auto y = evaluate(policy, f, tensor<float, 2>());
#else
auto f = [](auto x) { return x * x; };
auto y = evaluate(f, tensor<float, 2>());
#endif
