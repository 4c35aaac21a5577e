// SPDX-License-Identifier: MIT
// expect: accuracy: the dataset has no column of labels, one std::int32_t for each sample, for this output of several
// classes
#include <ashlar/ashlar.hpp>
using namespace ashlar;

auto net = model(linear<3>, input<4>, cpu, seed{1});

#ifdef ASHLAR_TWIN
tensor_dataset data{column<float, 4>{}, column<std::int32_t>{}};
#else
tensor_dataset data{column<float, 4>{}, column<float, 3>{}};
#endif

double share = accuracy(net, data);
