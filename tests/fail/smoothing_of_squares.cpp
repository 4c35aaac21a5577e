// SPDX-License-Identifier: MIT
// expect g++: no matching function for call to .*with
// expect clang: no matching member function for call to .*with
// expect nvcc: no instance of function template .*with
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
inline constexpr auto loss = cross_entropy.with(label_smoothing<0.1>);
#else
inline constexpr auto loss = mse.with(label_smoothing<0.1>);
#endif
