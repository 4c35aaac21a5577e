// SPDX-License-Identifier: MIT
// expect: mean_squared_error: the dataset's targets must be float or double .*; of labels there is accuracy
#include <ashlar/ashlar.hpp>
using namespace ashlar;

auto net = model(linear<1>, input<4>, cpu, seed{1});
#ifdef ASHLAR_TWIN
basic_dataset<target_type<float, 1>, 4> valid;
#else
dataset<4> valid;
#endif

double error_of_it = mean_squared_error(net, valid);
