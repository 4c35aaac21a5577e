// SPDX-License-Identifier: MIT
// expect: held_out_count is a number of samples, not a share of them
#include <ashlar/ashlar.hpp>
using namespace ashlar;

#ifdef ASHLAR_TWIN
constexpr int held_out = 2;
#else
constexpr double held_out = 0.2;
#endif

void divide(dataset<4> const& samples) { auto [train, valid] = split(samples, held_out, seed{1}); }
