// SPDX-License-Identifier: MIT
// expect: take and one_hot: the indices must be int32
// expect: indices_of_another_dtype<long
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
auto f = [](auto x, auto i) { return take(x, convert<std::int32_t>(i)); };
#else

auto f = [](auto x, auto i) { return take(x, i); };
#endif

auto y = evaluate(cpu, f, tensor<float, 5, 2>(), tensor<std::int64_t, 3>());
